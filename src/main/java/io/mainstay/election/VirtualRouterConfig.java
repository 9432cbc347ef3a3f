// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import io.mainstay.election.wire.VrrpVersion;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpFamily;
import io.mainstay.net.Ipv6Address;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualAddress;
import io.mainstay.net.VirtualRouterId;
import java.time.Duration;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One virtual router as the operator wants it.
 *
 * @param name how people call it; unique on the node
 * @param interfaceName where it advertises and holds its addresses
 * @param vrid its number on that segment
 * @param priority the configured priority, 1 to 255
 * @param advertisementInterval 10 ms to 40.95 s in whole centiseconds (RFC 9568 §6.1, Advertisement_Interval)
 * @param addresses the virtual addresses, of one family or of both, which move together; at least one
 * @param protocol how it speaks with its peers
 * @param preempt whether to take over from an Active of lower priority (RFC 9568 §6.1, Preempt_Mode)
 * @param preemptDelay how long to let an Active of lower priority be before taking over from it; zero: no longer than the
 *     RFC says
 */
public record VirtualRouterConfig(
        String name,
        InterfaceName interfaceName,
        VirtualRouterId vrid,
        Priority priority,
        Duration advertisementInterval,
        List<VirtualAddress> addresses,
        ProtocolConfig protocol,
        boolean preempt,
        Duration preemptDelay) {

    public static final Duration SHORTEST_INTERVAL = Duration.ofMillis(10);
    public static final Duration LONGEST_INTERVAL = Duration.ofMillis(40_950);

    /** Of one family, as many as an advertisement has room for. */
    public static final int MOST_ADDRESSES = 255;

    public VirtualRouterConfig {
        if (priority.isResign()) {
            throw new IllegalArgumentException("priority: 0 (expected: 1..255)");
        }
        if (advertisementInterval.compareTo(SHORTEST_INTERVAL) < 0
                || advertisementInterval.compareTo(LONGEST_INTERVAL) > 0
                || advertisementInterval.toNanos() % SHORTEST_INTERVAL.toNanos() != 0) {
            throw new IllegalArgumentException("advertisement interval: " + advertisementInterval.toMillis()
                    + "ms (expected: 10ms..40.95s in steps of 10ms)");
        }
        if (protocol.version() == VrrpVersion.V2 && advertisementInterval.toMillisPart() != 0) {
            throw new IllegalArgumentException("advertisement interval: " + advertisementInterval.toMillis()
                    + "ms (expected: whole seconds in VRRPv2)");
        }
        long ipv4 = addresses.stream()
                .filter(each -> each.address().family() == IpFamily.IPV4)
                .count();
        if (addresses.isEmpty() || ipv4 > MOST_ADDRESSES || addresses.size() - ipv4 > MOST_ADDRESSES) {
            throw new IllegalArgumentException(
                    "addresses: " + addresses.size() + " (expected: 1.." + MOST_ADDRESSES + " of a family)");
        }
        if (preemptDelay.isNegative()) {
            throw new IllegalArgumentException("preempt delay: " + preemptDelay + " (expected: 0s or more)");
        }
        if (protocol.version() == VrrpVersion.V2
                && addresses.stream().anyMatch(each -> each.address().family() == IpFamily.IPV6)) {
            throw new IllegalArgumentException("addresses: IPv6 (expected: IPv4 alone in VRRPv2)");
        }
        addresses = List.copyOf(addresses);
    }

    /** The families of its addresses; it advertises over each of them. */
    public Set<IpFamily> families() {
        return addresses.stream()
                .map(each -> each.address().family())
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(IpFamily.class)));
    }

    /** The family by whose source addresses a tie between equal priorities is decided: IPv4 if it has any. */
    public IpFamily leadingFamily() {
        return families().contains(IpFamily.IPV4) ? IpFamily.IPV4 : IpFamily.IPV6;
    }

    /**
     * The addresses of one family as they are advertised: in the configured order, but of IPv6 the link-local ones first
     * (RFC 9568 §5.2.9).
     */
    public List<IpAddress> advertisedAddresses(IpFamily family) {
        return addresses.stream()
                .map(VirtualAddress::address)
                .filter(address -> address.family() == family)
                .sorted(Comparator.comparing(address -> !(address instanceof Ipv6Address ipv6 && ipv6.isLinkLocal())))
                .toList();
    }
}
