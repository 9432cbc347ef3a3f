// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.election.TransitionReason;
import io.mainstay.net.InterfaceName;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Tells which interfaces of the virtual routers are down, so that checks which fail for that are not held against backends.
 * Called by the election thread.
 */
final class LinkReports implements ElectionListener {

    private static final Set<TransitionReason> LINK_REASONS =
            Set.of(TransitionReason.NO_CARRIER, TransitionReason.INTERFACE_DOWN, TransitionReason.INTERFACE_MISSING);

    private final Consumer<Set<InterfaceName>> down;
    private final Set<InterfaceName> interfacesDown = new HashSet<>();

    /** @param down is told the interfaces that are down whenever they change; must return at once */
    LinkReports(Consumer<Set<InterfaceName>> down) {
        this.down = down;
    }

    @Override
    public void onTransition(RouterTransition transition) {
        boolean isDown = transition.to().equals("FAULT")
                && LINK_REASONS.contains(transition.cause().reason());
        boolean changed = isDown
                ? interfacesDown.add(transition.interfaceName())
                : interfacesDown.remove(transition.interfaceName());
        if (changed) {
            down.accept(Set.copyOf(interfacesDown));
        }
    }

    @Override
    public void onNotice(RouterNotice notice) {}
}
