// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.net.IpAddress;
import io.mainstay.net.VirtualAddress;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The whole configuration of one node as it is meant: every default filled in, every cross check passed.
 *
 * <p>Immutable. {@link EffectiveConfig} prints it in full, and what it prints reads back as an equal value.
 *
 * @param node who this node is
 * @param virtualRouters the virtual routers in the order of the file; may be empty, then the node claims no address
 * @param services the services in the order of the file; may be empty
 * @param kernelEngine the kernel engine, for services that are to be forwarded by it
 * @param control how the daemon is controlled
 */
public record MainstayConfig(
        NodeSettings node,
        List<VirtualRouterSettings> virtualRouters,
        List<ServiceSettings> services,
        KernelEngineSettings kernelEngine,
        ControlSettings control) {

    public MainstayConfig {
        virtualRouters = List.copyOf(virtualRouters);
        services = List.copyOf(services);
    }

    /** All but the services, of which there may be thousands. */
    MainstayConfig withoutServices() {
        return new MainstayConfig(node, virtualRouters, List.of(), kernelEngine, control);
    }

    /** The addresses of all virtual routers. */
    public Set<IpAddress> virtualAddresses() {
        return virtualRouters.stream()
                .flatMap(settings -> settings.router().addresses().stream())
                .map(VirtualAddress::address)
                .collect(Collectors.toSet());
    }
}
