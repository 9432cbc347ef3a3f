// SPDX-License-Identifier: Apache-2.0
package io.mainstay.setup.machine;

import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.VirtualAddress;
import io.mainstay.setup.Machine;
import io.mainstay.setup.MachineInterface;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What the machine and network namespace this runs in have. Needs no privilege. */
public final class ThisMachine {

    /** The IPv4 routes: interface, destination and more, in columns (proc(5)). */
    private static final Path ROUTES = Path.of("/proc/net/route");

    private static final String TO_EVERYWHERE = "00000000";

    private ThisMachine() {}

    /**
     * Reads it.
     *
     * @throws IOException if the interfaces cannot be read
     */
    public static Machine look() throws IOException {
        try (Stream<NetworkInterface> interfaces = NetworkInterface.networkInterfaces()) {
            return new Machine(
                    interfaces.flatMap(one -> look(one).stream()).toList(), towardsDefaultRoute(readRoutes()));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static Optional<MachineInterface> look(NetworkInterface one) {
        try {
            return one.isLoopback() || !InterfaceName.isLegal(one.getName())
                    ? Optional.empty()
                    : Optional.of(new MachineInterface(new InterfaceName(one.getName()), one.isUp(), addresses(one)));
        } catch (SocketException e) {
            // It went meanwhile.
            return Optional.empty();
        }
    }

    private static List<VirtualAddress> addresses(NetworkInterface one) {
        return one.getInterfaceAddresses().stream()
                // That of a tunnel may have none.
                .filter(address -> address.getNetworkPrefixLength() > 0)
                .map(ThisMachine::address)
                .toList();
    }

    private static VirtualAddress address(InterfaceAddress address) {
        return new VirtualAddress(
                IpAddress.ofOctets(address.getAddress().getAddress()), address.getNetworkPrefixLength());
    }

    private static List<String> readRoutes() {
        try {
            return Files.readAllLines(ROUTES);
        } catch (IOException e) {
            // It only makes a default.
            return List.of();
        }
    }

    static Optional<InterfaceName> towardsDefaultRoute(List<String> routes) {
        return routes.stream()
                .map(line -> line.split("\t", -1))
                .filter(columns -> columns.length > 1 && columns[1].equals(TO_EVERYWHERE))
                .map(columns -> new InterfaceName(columns[0]))
                .findFirst();
    }
}
