// SPDX-License-Identifier: Apache-2.0
package io.mainstay.setup;

import io.mainstay.config.EngineChoice;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualAddress;
import io.mainstay.net.VirtualRouterId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * All that has to be known of a pair to write the configuration of either node.
 *
 * @param vrid the number of the one virtual router
 * @param interval the advertisement interval
 * @param addresses the virtual addresses, at least one
 * @param unicast whether the nodes advertise to each other's addresses instead of the multicast group
 * @param services what is forwarded; empty: nothing, the addresses alone move
 * @param engine which forwards it
 * @param secret {@code kernel_engine.secret}, the same on both nodes; empty: none
 */
public record PairPlan(
        VirtualRouterId vrid,
        Duration interval,
        List<VirtualAddress> addresses,
        boolean unicast,
        Node here,
        Node peer,
        List<Service> services,
        EngineChoice engine,
        String secret) {

    /**
     * One node of the pair.
     *
     * @param name {@code node.name}; empty: its host name, which it knows by itself
     * @param interfaceName where the virtual router is on this node
     * @param priority higher on the node that is to be Active
     * @param addresses under which the other node reaches it; may be empty unless the pair speaks unicast
     */
    public record Node(
            Optional<String> name, InterfaceName interfaceName, Priority priority, List<IpAddress> addresses) {

        public Node {
            addresses = List.copyOf(addresses);
        }
    }

    /**
     * What clients are served on each of the virtual addresses.
     *
     * @param backends at least one
     */
    public record Service(ServicePort port, List<BackendAnswer> backends) {

        public Service {
            backends = List.copyOf(backends);
        }
    }

    public PairPlan {
        addresses = List.copyOf(addresses);
        services = List.copyOf(services);
    }
}
