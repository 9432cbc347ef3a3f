// SPDX-License-Identifier: Apache-2.0
package io.mainstay.setup;

import io.mainstay.net.IpAddress;
import io.mainstay.net.VirtualAddress;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Of answers that are allowed, what they would seldom be meant to be: told, for people to judge. Each is one sentence. */
public final class Doubts {

    private final Machine machine;

    /** About answers on this machine. */
    public Doubts(Machine machine) {
        this.machine = machine;
    }

    /** That an interface is down. */
    public List<String> aboutInterface(MachineInterface on) {
        return on.up() ? List.of() : List.of(on.name() + " is down (expected: up, by the time that Mainstay starts)");
    }

    /** That hosts on the interface could not reach an address, or that it would lead traffic of others there. */
    public List<String> aboutAddresses(Collection<VirtualAddress> addresses, MachineInterface on) {
        return addresses.stream()
                .flatMap(address -> aboutAddress(address, on).stream())
                .toList();
    }

    private Optional<String> aboutAddress(VirtualAddress address, MachineInterface on) {
        Optional<Integer> length = on.prefixLengthFor(address.address());
        if (length.isEmpty()) {
            return Optional.of(outside(address.address(), on) + ": hosts there reach it by a route alone");
        }
        int given = address.prefixLength();
        int alone = address.address().bitLength();
        return given == length.get() || given == alone
                ? Optional.empty()
                : Optional.of(address + " has another prefix length than its network on " + on.name() + " (expected: /"
                        + length.get() + ", or /" + alone + " for the address alone)");
    }

    /**
     * That advertisements would not get to the other node.
     *
     * @param unicast whether they are sent to its address
     */
    public List<String> aboutPeer(Collection<IpAddress> peer, MachineInterface on, boolean unicast) {
        String routers = unicast
                ? "behind a router it is heard only with a lower unicast_min_ttl"
                : "advertisements do not pass routers";
        return peer.stream()
                .filter(address -> on.prefixLengthFor(address).isEmpty())
                .map(address -> outside(address, on) + ": " + routers)
                .toList();
    }

    /** The addresses of the other node of which can be asked on the segment who has them. */
    public static List<IpAddress> askable(Collection<IpAddress> peer, MachineInterface on) {
        return peer.stream()
                .filter(address -> on.prefixLengthFor(address).isPresent())
                .toList();
    }

    /** That the other node was asked for on the segment, and has not answered. */
    public static List<String> aboutSilence(Collection<IpAddress> peer, MachineInterface on, Segment segment) {
        return askable(peer, on).stream()
                .filter(address -> !segment.claims().containsKey(address))
                .map(address -> address + " does not answer on " + on.name()
                        + " (expected: the other node, running, and on the same segment)")
                .toList();
    }

    private String outside(IpAddress address, MachineInterface on) {
        String networks = on.addresses().stream().map(VirtualAddress::toString).collect(Collectors.joining(", "));
        return address + " is in no network of " + on.name() + " (" + networks + ")"
                + machine.interfaces().stream()
                        .filter(other -> other.prefixLengthFor(address).isPresent())
                        .findFirst()
                        .map(other -> ", but in one of " + other.name())
                        .orElse("");
    }
}
