// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.config.Schema.Announce;
import io.mainstay.config.Schema.Backend;
import io.mainstay.config.Schema.Control;
import io.mainstay.config.Schema.Node;
import io.mainstay.config.Schema.Service;
import io.mainstay.config.Schema.Timeouts;
import io.mainstay.config.Schema.VirtualRouter;
import io.mainstay.config.WrittenSection.Item;
import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.forward.BackendConfig;
import io.mainstay.forward.ServiceConfig;
import io.mainstay.forward.TimeoutConfig;
import io.mainstay.takeover.AnnounceConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Turns a file as written into the configuration as meant. Only for a file in which no mistake was found. */
final class ConfigBuilder {

    private final HostFacts host;
    private final AuthenticationKeys authentication;

    ConfigBuilder(HostFacts host, AuthenticationKeys authentication) {
        this.host = host;
        this.authentication = authentication;
    }

    MainstayConfig build(WrittenSection root) {
        return new MainstayConfig(
                node(root.section(Node.SECTION)),
                root.entries(VirtualRouter.ENTRIES).stream()
                        .map(this::virtualRouter)
                        .toList(),
                root.entries(Service.ENTRIES).stream()
                        .map(ConfigBuilder::service)
                        .toList(),
                KernelKeys.readEngine(root),
                control(root.section(Control.SECTION)));
    }

    private NodeSettings node(WrittenSection node) {
        String name = node.value(Node.NAME);
        String fallback = ScalarTypes.isName(host.hostname()) ? host.hostname() : "node";
        return new NodeSettings(
                name != null ? name : fallback,
                get(node, Node.STARTUP_DELAY),
                get(node, Node.MAX_CONNECTIONS),
                get(node, Node.RELAY_THREADS));
    }

    private ControlSettings control(WrittenSection control) {
        Path socket = control.value(Control.SOCKET);
        return new ControlSettings(
                socket != null
                        ? socket
                        : host.runDirectory().toAbsolutePath().normalize().resolve("control.sock"));
    }

    private VirtualRouterSettings virtualRouter(WrittenSection router) {
        WrittenSection announce = router.section(Announce.SECTION);
        return new VirtualRouterSettings(
                new VirtualRouterConfig(
                        present(DerivedDefaults.nameOfVirtualRouter(router)),
                        get(router, VirtualRouter.INTERFACE),
                        get(router, VirtualRouter.VRID),
                        get(router, VirtualRouter.PRIORITY),
                        get(router, VirtualRouter.ADVERTISEMENT_INTERVAL),
                        all(router, VirtualRouter.ADDRESSES),
                        ProtocolKeys.read(router),
                        get(router, VirtualRouter.PREEMPT),
                        get(router, VirtualRouter.PREEMPT_DELAY)),
                new AnnounceConfig(get(announce, Announce.REPEAT), get(announce, Announce.REFRESH)),
                authentication.read(router),
                Optional.ofNullable(router.value(VirtualRouter.SYNC_GROUP)),
                TrackKeys.read(router),
                HookKeys.read(router),
                VirtualMacKeys.read(router),
                get(router, VirtualRouter.DRAIN_TIMEOUT));
    }

    private static ServiceSettings service(WrittenSection service) {
        WrittenSection timeouts = service.section(Timeouts.SECTION);
        return new ServiceSettings(
                new ServiceConfig(
                        present(DerivedDefaults.nameOfService(service)),
                        all(service, Service.LISTEN),
                        BalanceKeys.read(service),
                        get(service, Service.DRAIN_TIMEOUT),
                        new TimeoutConfig(
                                get(timeouts, Timeouts.CONNECT),
                                get(timeouts, Timeouts.IDLE),
                                get(timeouts, Timeouts.HALF_CLOSED),
                                get(timeouts, Timeouts.OPENING)),
                        service.entries(Backend.ENTRIES).stream()
                                .map(ConfigBuilder::backend)
                                .toList()),
                KernelKeys.read(service),
                HealthKeys.read(service),
                TrafficKeys.read(service));
    }

    private static BackendConfig backend(WrittenSection backend) {
        return new BackendConfig(
                present(DerivedDefaults.nameOfBackend(backend)),
                get(backend, Backend.ADDRESS),
                get(backend, Backend.WEIGHT),
                get(backend, Backend.MAX_CONNECTIONS),
                get(backend, Backend.BACKUP));
    }

    static <T> T get(WrittenSection section, Key.Scalar<T> key) {
        return present(section.value(key));
    }

    static <T> List<T> all(WrittenSection section, Key.Values<T> key) {
        return section.items(key).stream().map(Item::value).toList();
    }

    /** The reader reports whatever is absent and needed, so nothing is null here. */
    private static <T> T present(@Nullable T value) {
        if (value == null) {
            throw new AssertionError("a configuration without mistakes lacks a value");
        }
        return value;
    }
}
