// SPDX-License-Identifier: Apache-2.0
package io.mainstay.setup;

import io.mainstay.net.IpAddress;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Ipv6Address;
import io.mainstay.net.MacAddress;
import io.mainstay.net.VirtualAddress;
import io.mainstay.net.VirtualRouterId;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What was heard on a segment for a while. A number that nobody used meanwhile counts as free; a Backup says nothing, and
 * an Active of version 2 may be silent for as long as 255 s.
 *
 * @param speakers who advertised, each once, by number
 * @param claims who answered for an address that was asked for
 */
public record Segment(List<Speaker> speakers, Map<IpAddress, MacAddress> claims) {

    private static final int MOST = 255;

    public Segment {
        speakers = List.copyOf(speakers);
        claims = Map.copyOf(claims);
    }

    /** Where nothing could be heard. */
    public static Segment silent() {
        return new Segment(List.of(), Map.of());
    }

    /** Who uses a number for something else than these addresses; who uses it for one of them is of the same pair. */
    Optional<Speaker> strangerAt(VirtualRouterId vrid, Collection<VirtualAddress> addresses) {
        return speakers.stream()
                .filter(speaker -> speaker.vrid().equals(vrid) && !advertisesOneOf(speaker, addresses))
                .findFirst();
    }

    /** Who advertises one of the addresses: the other node, or somebody who has to stop before this pair starts. */
    public Optional<Speaker> advertiserOf(Collection<VirtualAddress> addresses) {
        return speakers.stream()
                .filter(speaker -> advertisesOneOf(speaker, addresses))
                .findFirst();
    }

    private static boolean advertisesOneOf(Speaker speaker, Collection<VirtualAddress> addresses) {
        return addresses.stream().map(VirtualAddress::address).anyMatch(speaker.addresses()::contains);
    }

    /**
     * A number that nobody uses: the last octet of the address, so that pairs which start without hearing each other hardly
     * meet, or else the next free one; empty if all are taken.
     */
    public Optional<VirtualRouterId> freeVrid(IpAddress address) {
        int wished = lastOctet(address);
        return IntStream.range(0, MOST)
                .map(step -> (Math.max(wished, 1) - 1 + step) % MOST + 1)
                .mapToObj(VirtualRouterId::new)
                .filter(vrid ->
                        speakers.stream().noneMatch(speaker -> speaker.vrid().equals(vrid)))
                .findFirst();
    }

    private static int lastOctet(IpAddress address) {
        return switch (address) {
            case Ipv4Address ipv4 -> ipv4.bits() & 0xFF;
            case Ipv6Address ipv6 -> (int) (ipv6.lowBits() & 0xFF);
        };
    }
}
