// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.forward.BackendState;
import io.mainstay.forward.PoolHealth;
import io.mainstay.forward.proxy.BackendSnapshot;
import io.mainstay.forward.proxy.ProxyEngine;
import io.mainstay.forward.proxy.ServiceSnapshot;
import io.mainstay.track.watch.ServicePools;
import java.util.Optional;

/** The backends of the proxy engine, as the trackers see them. */
final class ProxyPools implements ServicePools {

    private final ProxyEngine proxy;

    ProxyPools(ProxyEngine proxy) {
        this.proxy = proxy;
    }

    @Override
    public Optional<Pool> pool(String service) {
        return proxy.snapshot().services().stream()
                .filter(each -> each.name().equals(service))
                .findFirst()
                .flatMap(ProxyPools::pool);
    }

    static Optional<Pool> pool(ServiceSnapshot service) {
        PoolHealth health = service.health();
        boolean decided = service.backends().stream().noneMatch(ProxyPools::isUndecided);
        return health.isEnough() || decided
                ? Optional.of(new Pool(health.healthy(), health.needed()))
                : Optional.empty();
    }

    private static boolean isUndecided(BackendSnapshot backend) {
        return backend.lastCheck() == null && backend.state() == BackendState.UNHEALTHY;
    }
}
