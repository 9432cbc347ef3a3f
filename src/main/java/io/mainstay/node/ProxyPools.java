// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.forward.BackendState;
import io.mainstay.forward.proxy.BackendSnapshot;
import io.mainstay.forward.proxy.ProxyEngine;
import io.mainstay.forward.proxy.ServiceSnapshot;
import io.mainstay.track.watch.ServicePools;
import java.util.Optional;

/** The backends of the proxy engine, as the trackers see them. */
final class ProxyPools implements ServicePools {

    private static final int NEEDED = 1;

    private final ProxyEngine proxy;

    ProxyPools(ProxyEngine proxy) {
        this.proxy = proxy;
    }

    @Override
    public Optional<Pool> pool(String service) {
        ServiceSnapshot found = proxy.snapshot().services().stream()
                .filter(each -> each.name().equals(service))
                .findFirst()
                .orElseThrow(
                        () -> new IllegalArgumentException("service: " + service + " (expected: a configured one)"));
        return pool(found);
    }

    static Optional<Pool> pool(ServiceSnapshot service) {
        int healthy = (int) service.backends().stream()
                .filter(backend -> backend.state() == BackendState.HEALTHY)
                .count();
        boolean decided = service.backends().stream().noneMatch(ProxyPools::isUndecided);
        return healthy >= NEEDED || decided ? Optional.of(new Pool(healthy, NEEDED)) : Optional.empty();
    }

    private static boolean isUndecided(BackendSnapshot backend) {
        return backend.lastCheck() == null && backend.state() == BackendState.UNHEALTHY;
    }
}
