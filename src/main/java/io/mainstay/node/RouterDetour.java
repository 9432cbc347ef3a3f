// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.election.ElectionState;
import io.mainstay.election.StateChange;
import io.mainstay.kernel.Detours;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.takeover.Detour;
import io.mainstay.time.MonotonicInstant;
import java.util.Set;

/**
 * Lets connections of a former Active that lives reach it while this node is the new one. Belongs to the election thread.
 */
final class RouterDetour {

    private final Set<IpAddress> addresses;
    private final InterfaceName interfaceName;
    private final Detours detours;
    private final Detour detour = new Detour();

    /** @param addresses the virtual ones */
    RouterDetour(Set<IpAddress> addresses, InterfaceName interfaceName, Detours detours) {
        this.addresses = addresses;
        this.interfaceName = interfaceName;
        this.detours = detours;
    }

    /** Comes before the addresses are taken, so that no packet of a connection of the former Active meets the stack. */
    void onStateChange(StateChange change) {
        boolean active = change.to() instanceof ElectionState.Active;
        if (active && change.from() instanceof ElectionState.Backup backup && isFromOneThatLives(change)) {
            open(detour.begin(backup.watch().active().addresses(), change.at()));
        } else if (!active && detour.end()) {
            addresses.forEach(detours::close);
        }
    }

    private static boolean isFromOneThatLives(StateChange change) {
        return switch (change.cause().reason()) {
            case ACTIVE_RESIGNED, PREEMPTED_LOWER, SYNC_GROUP_ACTIVE -> true;
            default -> false;
        };
    }

    /** Whether what comes from the address may say that connections live on there. */
    boolean isTo(IpAddress address, MonotonicInstant now) {
        return detour.isTo(address, now);
    }

    /** The former Active says that connections live on there. */
    void onNotice(MonotonicInstant now) {
        Detour.Order order = detour.onNotice(now);
        if (order != null) {
            open(order);
        }
    }

    private void open(Detour.Order order) {
        for (IpAddress address : addresses) {
            IpAddress gateway = order.gateways().get(address.family());
            if (gateway != null) {
                detours.open(address, interfaceName, gateway, order.until(), order.credit());
            }
        }
    }
}
