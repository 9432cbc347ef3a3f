// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.AdminState;
import io.mainstay.forward.Balance;
import io.mainstay.forward.ListenerConfig;
import io.mainstay.forward.PoolHealth;
import io.mainstay.forward.RefusalReason;
import io.mainstay.forward.Tier;
import java.util.List;
import java.util.Map;

/**
 * A service at one moment.
 *
 * @param listeners where clients arrive
 * @param balance how backends are chosen
 * @param open whether at least one listener takes connections
 * @param tier which backends get new connections
 * @param health whether there are enough backends
 * @param wish what the operator wants of all backends
 * @param active connections that clients have now
 * @param waiting clients that wait for a backend
 * @param total connections that were taken over to a backend
 * @param bytesIn octets from clients
 * @param bytesOut octets to clients
 * @param packetsIn packets from clients, where another engine forwards or has forwarded
 * @param packetsOut the same to clients
 * @param refused connections that the node reset for want of something, every reason with its count
 * @param backends in the order of the configuration, then those that are not in it any more and are being emptied
 */
public record ServiceSnapshot(
        String name,
        List<ListenerConfig> listeners,
        Balance balance,
        boolean open,
        Tier tier,
        PoolHealth health,
        AdminState wish,
        int active,
        int waiting,
        long total,
        long bytesIn,
        long bytesOut,
        long packetsIn,
        long packetsOut,
        Map<RefusalReason, Long> refused,
        List<BackendSnapshot> backends) {

    public ServiceSnapshot {
        listeners = List.copyOf(listeners);
        refused = Map.copyOf(refused);
        backends = List.copyOf(backends);
    }
}
