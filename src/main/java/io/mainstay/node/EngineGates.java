// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.forward.kernel.KernelEngine;
import io.mainstay.forward.proxy.ProxyEngine;
import io.mainstay.net.IpAddress;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * The gate of the election before the services of both engines. Called by the election thread; never waits.
 *
 * <p>The data path in the kernel counts an address as its own from before it is on the interface until it is off again, so
 * that no packet of a live flow meets the stack, which would reset it.
 */
final class EngineGates implements ServiceGate {

    private final ProxyEngine proxy;
    private final KernelEngine kernel;

    EngineGates(ProxyEngine proxy, KernelEngine kernel) {
        this.proxy = proxy;
        this.kernel = kernel;
    }

    @Override
    public void expect(IpAddress address) {
        kernel.holds(address);
    }

    @Override
    public void open(Set<IpAddress> addresses) {
        // Those that stood there already were not expected.
        addresses.forEach(kernel::holds);
        proxy.openGate(addresses);
    }

    @Override
    public CompletableFuture<?> close(Set<IpAddress> addresses) {
        return proxy.closeGate(addresses);
    }

    @Override
    public void keep(Set<IpAddress> addresses) {
        var unused = proxy.keepConnections(addresses);
    }

    @Override
    public CompletableFuture<Integer> connections(Set<IpAddress> addresses) {
        return proxy.countConnections(addresses);
    }

    @Override
    public void forget(IpAddress address) {
        kernel.lets(address);
    }
}
