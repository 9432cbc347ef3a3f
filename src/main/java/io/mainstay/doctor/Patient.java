// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import io.mainstay.config.MainstayConfig;
import io.mainstay.config.ServiceSettings;
import io.mainstay.config.VirtualRouterSettings;
import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpFamily;
import io.mainstay.net.Ipv6Address;
import io.mainstay.net.VirtualAddress;
import io.mainstay.observe.ProductVersion;
import io.mainstay.observe.ServiceStatus;
import io.mainstay.observe.StatusSnapshot;
import io.mainstay.observe.VirtualRouterStatus;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Everything that the checks go by.
 *
 * @param program the version of the program that examines, which is the one installed
 * @param heard what was heard on each interface that could be listened to
 * @param before the state of the daemon before that; empty if it did not answer
 * @param after its state after that
 * @param silence why the daemon did not answer; empty if it did
 */
public record Patient(
        MainstayConfig config,
        ProductVersion program,
        Host host,
        Map<InterfaceName, Heard> heard,
        Optional<StatusSnapshot> before,
        Optional<StatusSnapshot> after,
        String silence) {

    List<VirtualRouterConfig> routers() {
        return config.virtualRouters().stream()
                .map(VirtualRouterSettings::router)
                .toList();
    }

    /** The interfaces on which the addresses of a router may stand: its own, and those of its virtual MAC. */
    List<InterfaceName> homes(VirtualRouterConfig router) {
        return config.virtualRouters().stream()
                .filter(settings -> settings.router().equals(router))
                .flatMap(settings -> settings.interfaces().stream())
                .toList();
    }

    List<VirtualRouterConfig> routersOn(InterfaceName name) {
        return routers().stream()
                .filter(router -> router.interfaceName().equals(name))
                .toList();
    }

    List<InterfaceName> interfaces() {
        return routers().stream()
                .map(VirtualRouterConfig::interfaceName)
                .distinct()
                .toList();
    }

    /** From which address this node advertises over the family; empty if the interface has none, or that cannot be told. */
    Optional<IpAddress> source(VirtualRouterConfig router, IpFamily family) {
        Set<IpAddress> virtual = routersOn(router.interfaceName()).stream()
                .flatMap(each -> each.addresses().stream())
                .map(VirtualAddress::address)
                .collect(Collectors.toSet());
        try {
            return host.link(router.interfaceName()).stream()
                    .flatMap(link -> link.sources().stream())
                    .filter(address -> address.family() == family)
                    .filter(address -> !(address instanceof Ipv6Address ipv6)
                            || ipv6.isLinkLocal() == router.protocol().staysOnLink())
                    .filter(address -> router.priority().isOwner() || !virtual.contains(address))
                    .findFirst();
        } catch (KernelException e) {
            return Optional.empty();
        }
    }

    static Optional<VirtualRouterStatus> statusOf(Optional<StatusSnapshot> status, VirtualRouterConfig router) {
        return status.stream()
                .flatMap(snapshot -> snapshot.virtualRouters().stream())
                .filter(each -> each.name().equals(router.name()))
                .findFirst();
    }

    Optional<ServiceStatus> statusOf(ServiceSettings service) {
        return after.stream()
                .flatMap(snapshot -> snapshot.services().stream())
                .filter(each -> each.name().equals(service.service().name()))
                .findFirst();
    }

    /** The services that the proxy engine forwards, and all that may be so where the daemon does not tell. */
    List<ServiceSettings> proxied() {
        return config.services().stream()
                .filter(service -> statusOf(service)
                        .map(status -> status.engine().equals("proxy"))
                        .orElse(true))
                .toList();
    }

    boolean isActive(VirtualRouterConfig router) {
        return statusOf(after, router)
                .filter(status -> status.state() == VirtualRouterStatus.State.ACTIVE)
                .isPresent();
    }
}
