// SPDX-License-Identifier: Apache-2.0
package io.mainstay.setup;

import io.mainstay.config.HostFacts;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.VirtualAddress;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A machine with two networks, of which one has both families. */
final class Samples {

    static final HostFacts HOST =
            new HostFacts("lb9", HostFacts.DEFAULT_RUN_DIRECTORY, address -> false, program -> "");

    static final MachineInterface ETH0 = one("eth0", "198.51.100.1/24", "2001:db8::1/64", "fe80::1/64");
    static final MachineInterface ETH1 = one("eth1", "10.0.0.1/16", "10.0.7.1/24");
    static final MachineInterface BARE = one("eth2");
    static final Machine MACHINE = new Machine(List.of(ETH0, ETH1, BARE), Optional.of(new InterfaceName("eth0")));

    private Samples() {}

    static MachineInterface one(String name, String... addresses) {
        return new MachineInterface(new InterfaceName(name), true, virtual(addresses));
    }

    static List<VirtualAddress> virtual(String... addresses) {
        return Stream.of(addresses).map(VirtualAddress::parse).toList();
    }

    static IpAddress ip(String text) {
        return IpAddress.parse(text);
    }
}
