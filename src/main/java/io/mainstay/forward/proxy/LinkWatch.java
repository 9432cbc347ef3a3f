// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.health.AwayLinks;
import io.mainstay.net.InterfaceName;
import io.mainstay.time.MonotonicClock;
import io.mainstay.time.MonotonicInstant;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * Tells whether a check failed for want of this node's own link. Used on the control thread of the engine.
 *
 * <p>A node that is cut off sees every backend fail. If it held that against them, it would come back, take the addresses
 * over, and refuse clients until its checks have passed again.
 */
final class LinkWatch {

    /** What stands behind the detail of a failure that does not count. */
    static final String EXCUSE = " (does not count: the link of this node was down)";

    private final AwayLinks links = new AwayLinks();
    private final MonotonicClock clock;

    LinkWatch(MonotonicClock clock) {
        this.clock = clock;
    }

    /** Takes in which links are down; whether one has come back. */
    boolean update(Set<InterfaceName> down) {
        return links.update(down, clock.now());
    }

    /**
     * Whether a check that has just failed may have failed for want of a link.
     *
     * @param backend where it went
     * @param took how long ago it started
     */
    boolean excuses(InetSocketAddress backend, Duration took) {
        MonotonicInstant started = clock.now().plus(took.negated());
        return links.mayExcuse(started) && links.excuses(pathTo(backend), started);
    }

    /** The interface by which the kernel would reach an address; empty if it has no way to it. Sends nothing. */
    static Optional<InterfaceName> pathTo(InetSocketAddress address) {
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.connect(address);
            NetworkInterface path = NetworkInterface.getByInetAddress(socket.getLocalAddress());
            return path == null ? Optional.empty() : Optional.of(new InterfaceName(path.getName()));
        } catch (IOException | RuntimeException noWay) {
            // DatagramSocket.connect wraps what the kernel says.
            return Optional.empty();
        }
    }
}
