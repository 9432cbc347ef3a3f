// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.config.EngineChoice;
import io.mainstay.config.HostFacts;
import io.mainstay.config.MainstayConfig;
import io.mainstay.config.ServiceSettings;
import io.mainstay.config.VirtualRouterSettings;
import io.mainstay.config.XdpChoice;
import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.forward.kernel.EngineWish;
import io.mainstay.forward.kernel.KernelService;
import io.mainstay.forward.kernel.KernelSettings;
import io.mainstay.forward.kernel.PortRange;
import io.mainstay.forward.kernel.XdpWish;
import io.mainstay.health.ServiceHealthConfig;
import io.mainstay.net.IpAddress;
import io.mainstay.net.MacAddress;
import java.net.SocketException;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The configuration as the kernel engine wants it. */
final class KernelServices {

    private KernelServices() {}

    static KernelSettings settings(MainstayConfig config) {
        List<VirtualRouterConfig> routers = config.virtualRouters().stream()
                .map(VirtualRouterSettings::router)
                .toList();
        return new KernelSettings(
                routers.stream()
                        .flatMap(router -> router.addresses().stream())
                        .distinct()
                        .toList(),
                routers.stream().map(VirtualRouterConfig::interfaceName).collect(Collectors.toUnmodifiableSet()),
                config.virtualRouters().stream()
                        .flatMap(KernelServices::virtualMacs)
                        .collect(Collectors.toUnmodifiableSet()),
                config.kernelEngine().secret(),
                new PortRange(
                        config.kernelEngine().sourcePorts().first(),
                        config.kernelEngine().sourcePorts().last()),
                KernelServices::ownAddresses,
                xdp(config.kernelEngine().xdp()));
    }

    private static Stream<MacAddress> virtualMacs(VirtualRouterSettings settings) {
        VirtualRouterConfig router = settings.router();
        if (settings.virtualMac().isEmpty()) {
            return Stream.empty();
        }
        return router.families().stream().map(family -> MacAddress.ofVirtualRouter(family, router.vrid()));
    }

    private static Set<IpAddress> ownAddresses() {
        try {
            return HostFacts.addressesOfThisMachine();
        } catch (SocketException e) {
            // The interfaces cannot be read: what is known of the file alone has to do.
            return Set.of();
        }
    }

    static List<KernelService> of(MainstayConfig config) {
        return config.services().stream().map(KernelServices::service).toList();
    }

    private static KernelService service(ServiceSettings settings) {
        return new KernelService(
                settings.service(),
                settings.traffic(),
                lacking(settings.health()),
                wish(settings.engine().choice()),
                settings.engine().forwarding(),
                settings.engine().sourceAddresses());
    }

    private static XdpWish xdp(XdpChoice choice) {
        return switch (choice) {
            case NEVER -> XdpWish.NEVER;
            case AUTO -> XdpWish.AUTO;
            case NATIVE -> XdpWish.NATIVE;
        };
    }

    private static EngineWish wish(EngineChoice choice) {
        return switch (choice) {
            case AUTO -> EngineWish.AUTO;
            case PROXY -> EngineWish.PROXY;
            case KERNEL -> EngineWish.KERNEL;
        };
    }

    private static String lacking(ServiceHealthConfig health) {
        if (health.agent().isPresent()) {
            return "agent_check is the proxy engine's alone";
        }
        return health.outliers().isPresent() ? "outlier_detection is the proxy engine's alone" : "";
    }
}
