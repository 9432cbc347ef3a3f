// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import io.mainstay.forward.BackendConfig;
import io.mainstay.forward.BackendKey;
import io.mainstay.forward.BackendView;
import io.mainstay.forward.Balance;
import io.mainstay.forward.Forwarding;
import io.mainstay.forward.ListenerConfig;
import io.mainstay.forward.SelectionConfig;
import io.mainstay.forward.ServiceConfig;
import io.mainstay.forward.TimeoutConfig;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.kernel.FlowProgram.ServiceKey;
import io.mainstay.net.Endpoint;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Transport;
import io.mainstay.net.VirtualAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** A node with one virtual address, and a service on it. */
final class Samples {

    static final IpAddress VIP = IpAddress.parse("198.18.0.100");
    static final ServiceKey HTTP = new ServiceKey(Transport.TCP, new Endpoint(VIP, 80));
    static final KernelSettings SETTINGS = new KernelSettings(
            List.of(new VirtualAddress(VIP, 24), VirtualAddress.parse("198.18.0.101/24")),
            Set.of(new InterfaceName("eth0")),
            Set.of(),
            "secret",
            new PortRange(10240, 32767),
            () -> Set.of(IpAddress.parse("198.18.0.2")),
            XdpWish.NEVER);

    private Samples() {}

    static ServiceConfig config(SelectionConfig selection, String listen, BackendConfig... backends) {
        Endpoint endpoint = Endpoint.parse(listen);
        return new ServiceConfig(
                "http",
                List.of(new ListenerConfig(endpoint, Transport.TCP)),
                selection,
                Duration.ofMinutes(1),
                new TimeoutConfig(Duration.ofSeconds(3), Duration.ofSeconds(300), Duration.ofSeconds(30)),
                List.of(backends));
    }

    static KernelService service(ServiceConfig config) {
        return new KernelService(config, TrafficConfig.DEFAULT, "", EngineWish.KERNEL, Forwarding.FULL_NAT, List.of());
    }

    /** The service `http` on port 80 with backends of these names. */
    static KernelService http(String... backends) {
        BackendConfig[] configs = Arrays.stream(backends)
                .map(name -> new BackendConfig(name, addressOf(name), 100))
                .toArray(BackendConfig[]::new);
        return service(config(SelectionConfig.of(Balance.ROUND_ROBIN), "198.18.0.100:80", configs));
    }

    private static Endpoint addressOf(String name) {
        return Endpoint.parse("198.18.0." + (10 + name.charAt(name.length() - 1) - '0') + ":8080");
    }

    static BackendKey key(String backend) {
        return new BackendKey("http", backend, addressOf(backend));
    }

    static BackendView serving(String backend) {
        return new BackendView(key(backend), 100, true, false, false, 0);
    }

    static BackendView notServing(String backend) {
        return new BackendView(key(backend), 100, false, false, false, 0);
    }

    static BackendView weightless(String backend) {
        return new BackendView(key(backend), 0, false, false, false, 0);
    }

    static BackendView failing(String backend) {
        return new BackendView(key(backend), 100, false, true, false, 0);
    }

    static BackendView resetting(String backend) {
        return new BackendView(key(backend), 100, false, false, true, 1);
    }
}
