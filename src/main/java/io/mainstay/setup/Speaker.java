// SPDX-License-Identifier: Apache-2.0
package io.mainstay.setup;

import io.mainstay.election.wire.Advertisement;
import io.mainstay.election.wire.AdvertisementDecoder;
import io.mainstay.election.wire.DecodeResult;
import io.mainstay.election.wire.DiscardReason;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.VirtualRouterId;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Somebody on the segment who uses a virtual router number.
 *
 * @param speech what he speaks, for people
 * @param addresses the virtual addresses that he advertises; empty if that cannot be read
 */
public record Speaker(VirtualRouterId vrid, IpAddress source, String speech, List<IpAddress> addresses) {

    /** Where the number stands in every version of VRRP, and in CARP, whose virtual MAC addresses it shares. */
    private static final int VRID_OFFSET = 1;

    public Speaker {
        addresses = List.copyOf(addresses);
    }

    /** Who sent a datagram of protocol 112. Even one that cannot be read uses its number; too short a one has none. */
    public static Optional<Speaker> of(IpDatagram datagram) {
        return switch (AdvertisementDecoder.decode(datagram)) {
            case DecodeResult.Decoded decoded -> Optional.of(of(datagram.source(), decoded.advertisement()));
            case DecodeResult.Discarded discarded -> ofUnreadable(datagram, discarded);
        };
    }

    private static Speaker of(IpAddress source, Advertisement heard) {
        return new Speaker(
                heard.vrid(),
                source,
                "VRRP version " + heard.version().number() + ", priority " + heard.priority(),
                heard.addresses());
    }

    private static Optional<Speaker> ofUnreadable(IpDatagram datagram, DecodeResult.Discarded discarded) {
        byte[] octets = datagram.payload();
        int vrid = octets.length > VRID_OFFSET ? octets[VRID_OFFSET] & 0xFF : 0;
        if (vrid == 0) {
            return Optional.empty();
        }
        String speech = discarded.reason() == DiscardReason.CARP
                ? "CARP"
                : "VRRP that cannot be read (" + discarded.detail() + ")";
        return Optional.of(new Speaker(new VirtualRouterId(vrid), datagram.source(), speech, List.of()));
    }

    /** For people: {@code VRID 51: 198.51.100.7, VRRP version 3, priority 100, for 198.51.100.20}. */
    @Override
    public String toString() {
        String claimed = addresses.isEmpty()
                ? ""
                : ", for " + addresses.stream().map(IpAddress::toString).collect(Collectors.joining(" "));
        return "VRID " + vrid + ": " + source + ", " + speech + claimed;
    }
}
