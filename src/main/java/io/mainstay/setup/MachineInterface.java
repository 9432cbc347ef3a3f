// SPDX-License-Identifier: Apache-2.0
package io.mainstay.setup;

import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpFamily;
import io.mainstay.net.Prefix;
import io.mainstay.net.VirtualAddress;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * An interface of this machine, loopback aside.
 *
 * @param up administratively up
 * @param addresses those that stand on it, each with its prefix length
 */
public record MachineInterface(InterfaceName name, boolean up, List<VirtualAddress> addresses) {

    public MachineInterface {
        addresses = List.copyOf(addresses);
    }

    boolean has(IpFamily family) {
        return addresses.stream().anyMatch(own -> own.address().family() == family);
    }

    boolean holds(IpAddress address) {
        return addresses.stream().anyMatch(own -> own.address().equals(address));
    }

    /** The length of the narrowest network of this interface that the address belongs to; empty: of none. */
    Optional<Integer> prefixLengthFor(IpAddress address) {
        return networksOf(address).map(VirtualAddress::prefixLength).findFirst();
    }

    /** The address under which a peer knows this node: the one in its network, or else one of its family and scope. */
    Optional<IpAddress> addressTowards(IpAddress peer) {
        Stream<VirtualAddress> ofFamily =
                addresses.stream().filter(own -> own.address().family() == peer.family());
        return Stream.concat(networksOf(peer), ofFamily)
                .map(VirtualAddress::address)
                .findFirst();
    }

    /** The own addresses whose networks the address belongs to, that of the narrowest first. */
    private Stream<VirtualAddress> networksOf(IpAddress address) {
        return addresses.stream()
                .filter(own -> own.address().family() == address.family())
                .filter(own -> Prefix.around(own.address(), own.prefixLength()).contains(address))
                .sorted(Comparator.comparingInt(VirtualAddress::prefixLength).reversed());
    }

    /** For people: {@code eth0  198.51.100.1/24, 2001:db8::1/64}. */
    @Override
    public String toString() {
        String what = addresses.isEmpty()
                ? "no address"
                : addresses.stream().map(VirtualAddress::toString).collect(Collectors.joining(", "));
        return name + "  " + what + (up ? "" : "  (down)");
    }
}
