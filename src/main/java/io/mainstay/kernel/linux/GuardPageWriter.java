// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.mainstay.kernel.GuardedRouter;
import io.mainstay.kernel.GuardedRouter.GuardedInterface;
import io.mainstay.kernel.PreparedAdvertisement;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.IpFamily;
import io.mainstay.net.VirtualAddress;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * Writes one list of records into a slot of the guard page.
 *
 * <p>The guard carries the records out in their order. Each router has its addresses before its resignations, so that no
 * peer is told to take an address over while this host still answers for it.
 *
 * <p>What a fence needs comes first, for every router. The room that is left is shared among the routers for what the guard
 * says while it stands in: with hundreds of routers whose messages are signed it holds the first few turns of each.
 */
final class GuardPageWriter {

    private final MemorySegment slot;
    private int octets;
    private int records;

    private GuardPageWriter(MemorySegment slot) {
        this.slot = slot;
    }

    /** Writes the list, and says how many of the routers find no room, and so are not guarded at all. */
    static int write(List<GuardedRouter> routers, MemorySegment slot) {
        GuardPageWriter writer = new GuardPageWriter(slot);
        List<GuardedRouter> guarded =
                routers.stream().filter(writer::appendFence).toList();
        int left = guarded.size();
        for (GuardedRouter router : guarded) {
            writer.appendAdvertisements(router, writer.room() / left);
            left--;
        }
        slot.set(JAVA_INT, 0, writer.records);
        slot.set(JAVA_INT, 4, writer.octets);
        return routers.size() - guarded.size();
    }

    private int room() {
        return (int) slot.byteSize() - GuardPageLayout.SLOT_HEAD_OCTETS - octets;
    }

    /** All that is to be done when the node is fenced, or nothing if it does not fit: no peer is told to take over a part. */
    private boolean appendFence(GuardedRouter router) {
        int octetsBefore = octets;
        int recordsBefore = records;
        boolean fits = appendAddresses(router);
        // The addresses are gone by then, and the virtual MAC with them: the interface itself speaks.
        for (IpDatagram resignation : router.resignations()) {
            fits = fits && append(GuardPageLayout.RECORD_DATAGRAM, own(router), 0, IpHeader.prependTo(resignation));
        }
        for (GuardedInterface each : router.virtualInterfaces()) {
            fits = fits && append(GuardPageLayout.RECORD_LINK, each, 0, new byte[0]);
        }
        if (!fits) {
            octets = octetsBefore;
            records = recordsBefore;
        }
        return fits;
    }

    private boolean appendAddresses(GuardedRouter router) {
        boolean fits = true;
        for (VirtualAddress address : router.addresses()) {
            GuardedInterface on = virtual(router, address.address().family()).orElse(own(router));
            byte[] plain = address.address().octets();
            fits = fits && append(GuardPageLayout.RECORD_ADDRESS, on, address.prefixLength(), plain);
        }
        return fits;
    }

    /** @param share how many octets they may take; the first turns come first */
    private void appendAdvertisements(GuardedRouter router, int share) {
        if (router.number() >= GuardPageLayout.VOICES) {
            return;
        }
        int end = octets + share;
        for (PreparedAdvertisement advertisement : router.advertisements()) {
            byte[] datagram = IpHeader.prependTo(advertisement.datagram());
            if (octets + octetsOf(datagram) > end) {
                return;
            }
            append(
                    GuardPageLayout.RECORD_ADVERTISEMENT,
                    speaker(router, advertisement.datagram()).orElse(own(router)),
                    GuardPageLayout.turn(router.number(), advertisement.turn()),
                    datagram);
        }
    }

    private static GuardedInterface own(GuardedRouter router) {
        return new GuardedInterface(IpFamily.IPV4, router.interfaceName(), router.interfaceIndex());
    }

    private static Optional<GuardedInterface> virtual(GuardedRouter router, IpFamily family) {
        return router.virtualInterfaces().stream()
                .filter(each -> each.family() == family)
                .findFirst();
    }

    /** The kernel takes the source of the frame from the interface; a unicast peer knows nothing of virtual MACs. */
    private static Optional<GuardedInterface> speaker(GuardedRouter router, IpDatagram advertisement) {
        return advertisement.destination().isMulticast()
                ? virtual(router, advertisement.destination().family())
                : Optional.empty();
    }

    /** Of a whole record. */
    private static int octetsOf(byte[] payload) {
        int padded = (payload.length + GuardPageLayout.RECORD_ALIGNMENT - 1) / GuardPageLayout.RECORD_ALIGNMENT;
        return GuardPageLayout.RECORD_HEAD_OCTETS + padded * GuardPageLayout.RECORD_ALIGNMENT;
    }

    /**
     * @param detail the prefix length of an address, the turn of an advertisement
     * @return false if there is no room, and nothing was appended
     */
    private boolean append(short kind, GuardedInterface on, int detail, byte[] payload) {
        int length = octetsOf(payload);
        if (length > room()) {
            return false;
        }
        byte[] name = on.name().value().getBytes(StandardCharsets.US_ASCII);
        long offset = GuardPageLayout.SLOT_HEAD_OCTETS + (long) octets;
        MemorySegment record = slot.asSlice(offset, length).fill((byte) 0);
        record.set(JAVA_INT, 0, length);
        record.set(JAVA_SHORT, 4, kind);
        record.set(JAVA_SHORT, 6, (short) payload.length);
        record.set(JAVA_INT, 8, on.index());
        record.set(JAVA_INT, 12, detail);
        MemorySegment.copy(name, 0, record, JAVA_BYTE, 16, name.length);
        MemorySegment.copy(payload, 0, record, JAVA_BYTE, GuardPageLayout.RECORD_HEAD_OCTETS, payload.length);
        octets += length;
        records++;
        return true;
    }
}
