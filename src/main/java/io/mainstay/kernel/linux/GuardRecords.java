// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.GuardedRouter;
import io.mainstay.kernel.GuardedRouter.GuardedInterface;
import io.mainstay.kernel.PreparedAdvertisement;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.IpFamily;
import io.mainstay.net.VirtualAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The records of the guard page for one router, as octets (native/guard/page.h).
 *
 * <p>Each router has its addresses before its resignations, so that no peer is told to take an address over while this host
 * still answers for it.
 *
 * @param fence what is to be done when the node is fenced, all of it or nothing: no peer is told to take over a part
 * @param advertisements what the guard says while it stands in; the first turns come first
 */
record GuardRecords(List<byte[]> fence, List<byte[]> advertisements) {

    static GuardRecords of(GuardedRouter router) {
        List<byte[]> fence = new ArrayList<>();
        for (VirtualAddress address : router.addresses()) {
            GuardedInterface on = virtual(router, address.address().family()).orElse(own(router));
            byte[] plain = address.address().octets();
            fence.add(record(GuardPageLayout.RECORD_ADDRESS, on, address.prefixLength(), plain));
        }
        // The addresses are gone by then, and the virtual MAC with them: the interface itself speaks.
        for (IpDatagram resignation : router.resignations()) {
            fence.add(record(GuardPageLayout.RECORD_DATAGRAM, own(router), 0, IpHeader.prependTo(resignation)));
        }
        for (GuardedInterface each : router.virtualInterfaces()) {
            fence.add(record(GuardPageLayout.RECORD_LINK, each, 0, new byte[0]));
        }
        return new GuardRecords(fence, advertisements(router));
    }

    private static List<byte[]> advertisements(GuardedRouter router) {
        List<byte[]> records = new ArrayList<>();
        if (router.number() < GuardPageLayout.VOICES) {
            for (PreparedAdvertisement each : router.advertisements()) {
                records.add(record(
                        GuardPageLayout.RECORD_ADVERTISEMENT,
                        speaker(router, each.datagram()).orElse(own(router)),
                        GuardPageLayout.turn(router.number(), each.turn()),
                        IpHeader.prependTo(each.datagram())));
            }
        }
        return records;
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

    /** @param detail the prefix length of an address, the turn of an advertisement */
    private static byte[] record(short kind, GuardedInterface on, int detail, byte[] payload) {
        int padded = (payload.length + GuardPageLayout.RECORD_ALIGNMENT - 1) / GuardPageLayout.RECORD_ALIGNMENT;
        int length = GuardPageLayout.RECORD_HEAD_OCTETS + padded * GuardPageLayout.RECORD_ALIGNMENT;
        return ByteBuffer.allocate(length)
                .order(ByteOrder.nativeOrder())
                .putInt(length)
                .putShort(kind)
                .putShort((short) payload.length)
                .putInt(on.index())
                .putInt(detail)
                .put(on.name().value().getBytes(StandardCharsets.US_ASCII))
                .position(GuardPageLayout.RECORD_HEAD_OCTETS)
                .put(payload)
                .array();
    }
}
