// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.forward.proxy.ProxyEngine;
import io.mainstay.net.IpAddress;
import java.util.Set;

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
    public void close(Set<IpAddress> addresses) {
        // The engine counts what it resets; the election thread has no time to wait for it.
        var unused = proxy.closeGate(addresses);
    }
}
