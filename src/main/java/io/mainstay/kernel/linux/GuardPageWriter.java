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
 */
final class GuardPageWriter {

    private final MemorySegment slot;
    private int octets;
    private int records;

    private GuardPageWriter(MemorySegment slot) {
        this.slot = slot;
    }

    /**
     * @throws IllegalArgumentException if the routers need more room than the slot has
     */
    static void write(List<GuardedRouter> routers, MemorySegment slot) {
        GuardPageWriter writer = new GuardPageWriter(slot);
        routers.forEach(writer::append);
        slot.set(JAVA_INT, 0, writer.records);
        slot.set(JAVA_INT, 4, writer.octets);
    }

    private void append(GuardedRouter router) {
        GuardedInterface own = new GuardedInterface(IpFamily.IPV4, router.interfaceName(), router.interfaceIndex());
        for (VirtualAddress address : router.addresses()) {
            append(
                    GuardPageLayout.RECORD_ADDRESS,
                    virtual(router, address.address().family()).orElse(own),
                    address.prefixLength(),
                    address.address().octets());
        }
        if (router.number() < GuardPageLayout.VOICES) {
            for (PreparedAdvertisement advertisement : router.advertisements()) {
                append(
                        GuardPageLayout.RECORD_ADVERTISEMENT,
                        speaker(router, advertisement.datagram()).orElse(own),
                        GuardPageLayout.turn(router.number(), advertisement.turn()),
                        IpHeader.prependTo(advertisement.datagram()));
            }
        }
        // The addresses are gone by then, and the virtual MAC with them: the interface itself speaks.
        for (IpDatagram resignation : router.resignations()) {
            append(GuardPageLayout.RECORD_DATAGRAM, own, 0, IpHeader.prependTo(resignation));
        }
        for (GuardedInterface each : router.virtualInterfaces()) {
            append(GuardPageLayout.RECORD_LINK, each, 0, new byte[0]);
        }
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

    /** @param detail the prefix length of an address, the turn of an advertisement */
    private void append(short kind, GuardedInterface on, int detail, byte[] payload) {
        int padded = (payload.length + GuardPageLayout.RECORD_ALIGNMENT - 1) / GuardPageLayout.RECORD_ALIGNMENT;
        int length = GuardPageLayout.RECORD_HEAD_OCTETS + padded * GuardPageLayout.RECORD_ALIGNMENT;
        long offset = GuardPageLayout.SLOT_HEAD_OCTETS + (long) octets;
        if (length > slot.byteSize() - offset) {
            throw new IllegalArgumentException("held addresses and messages: " + (octets + length)
                    + " octets or more (expected: at most "
                    + (slot.byteSize() - GuardPageLayout.SLOT_HEAD_OCTETS) + ")");
        }
        byte[] name = on.name().value().getBytes(StandardCharsets.US_ASCII);
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
    }
}
