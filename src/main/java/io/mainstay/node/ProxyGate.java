// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.forward.proxy.ProxyEngine;
import io.mainstay.net.IpAddress;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** The gate of the election before the services of the proxy engine. Called by the election thread; never waits. */
final class ProxyGate implements ServiceGate {

    private final ProxyEngine proxy;

    ProxyGate(ProxyEngine proxy) {
        this.proxy = proxy;
    }

    @Override
    public void open(Set<IpAddress> addresses) {
        proxy.openGate(addresses);
    }

    @Override
    public CompletableFuture<?> close(Set<IpAddress> addresses) {
        return proxy.closeGate(addresses);
    }
}
