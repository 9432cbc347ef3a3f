// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.kernel.Detours;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.time.MonotonicInstant;

/**
 * What both engines send on to a former Active.
 *
 * @param proxy segments of clients, whose connections end there
 * @param kernel what backends say to clients whose flows are known there
 */
record EngineDetours(Detours proxy, Detours kernel) implements Detours {

    @Override
    public void open(IpAddress address, InterfaceName leavesBy, IpAddress gateway, MonotonicInstant until, int credit) {
        proxy.open(address, leavesBy, gateway, until, credit);
        kernel.open(address, leavesBy, gateway, until, credit);
    }

    @Override
    public void close(IpAddress address) {
        proxy.close(address);
        kernel.close(address);
    }
}
