// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.VirtualAddress;
import io.mainstay.takeover.Takeover;
import io.mainstay.takeover.TakeoverAction;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Carries out the steps of a takeover: addresses and announcements by their home, clients by the gate of the services. Belongs
 * to the election thread.
 */
final class TakeoverExecution {

    /**
     * How long the resets of clients may take to leave before the address is removed under them. Another node may be Active
     * already, so it is short.
     */
    private static final Duration PATIENCE_FOR_RESETS = Duration.ofMillis(5);

    private final Takeover takeover;
    private final Set<IpAddress> addresses;
    private final InterfaceName interfaceName;
    private final AddressHome home;
    private final ElectionPorts ports;
    private final ServiceGate gate;
    private final ElectionLease lease;
    private final TakeoverSteps steps;
    private final RouterDrain drain;

    /** Steps wait for the resets of clients, at most until the deadline; null: they do not wait. */
    private @Nullable CompletableFuture<?> resets;

    private MonotonicInstant resetsDeadline;

    TakeoverExecution(
            Takeover takeover,
            Set<IpAddress> addresses,
            InterfaceName interfaceName,
            AddressHome home,
            ElectionPorts ports,
            ServiceGate gate,
            ElectionLease lease,
            TakeoverSteps steps,
            RouterDrain drain) {
        this.takeover = takeover;
        this.addresses = addresses;
        this.interfaceName = interfaceName;
        this.home = home;
        this.ports = ports;
        this.gate = gate;
        this.lease = lease;
        this.steps = steps;
        this.drain = drain;
        resetsDeadline = now();
    }

    /** Carries out the next step, and says whether there was one that need not wait. */
    boolean takeNext() {
        if (isWaitingForResets()) {
            return false;
        }
        TakeoverAction action = takeover.pollAction();
        if (action == null) {
            return false;
        }
        try {
            perform(action);
            takeover.onDone(action, now());
            steps.onDone(action, takeover.isReleased(), now());
        } catch (KernelException e) {
            steps.onFailed();
            takeover.onFailed(action, e.getMessage(), now());
        }
        return true;
    }

    /** Waits for resets no longer. */
    void hurry() {
        resets = null;
    }

    /** When the next step is to be taken; empty if none waits. */
    Optional<MonotonicInstant> nextDeadline() {
        if (!takeover.hasActions()) {
            return Optional.empty();
        }
        return Optional.of(isWaitingForResets() ? resetsDeadline : now());
    }

    private boolean isWaitingForResets() {
        if (resets != null && (resets.isDone() || now().hasReached(resetsDeadline))) {
            resets = null;
        }
        return resets != null;
    }

    private void perform(TakeoverAction action) throws KernelException {
        switch (action) {
            case TakeoverAction.AddAddress add -> {
                requireLease("add " + add.address() + " to ");
                add(add.address());
            }
            case TakeoverAction.RemoveAddress remove -> {
                home.remove(remove.address());
                if (!isHeldOtherwise(remove.address())) {
                    gate.forget(remove.address().address());
                }
            }
            case TakeoverAction.LeaveAddress leave ->
                gate.forget(leave.address().address());
            case TakeoverAction.Announce announce -> {
                requireLease("announce " + announce.address() + " on ");
                home.announce(announce.address());
            }
            // It claims nothing, and who has been fenced may ask.
            case TakeoverAction.Probe probe -> home.probe(probe.address());
            case TakeoverAction.OpenServices ignored -> {
                gate.open(addresses);
                drain.over();
            }
            case TakeoverAction.CloseServices ignored -> {
                closeServices();
                drain.over();
            }
            case TakeoverAction.DrainServices ignored -> drain.begin();
        }
    }

    /** Whether the same address stays, under the prefix length of the configuration. */
    private boolean isHeldOtherwise(VirtualAddress removed) {
        return takeover.held().stream()
                .anyMatch(held -> held.address().equals(removed.address()) && !held.equals(removed));
    }

    private void closeServices() {
        resets = gate.close(addresses);
        resetsDeadline = now().plus(PATIENCE_FOR_RESETS);
        if (!resets.isDone()) {
            resets = resets.whenComplete((count, failure) -> ports.events().wake());
        }
    }

    private void add(VirtualAddress address) throws KernelException {
        gate.expect(address.address());
        try {
            home.add(address);
        } catch (KernelException e) {
            gate.forget(address.address());
            throw e;
        }
    }

    /** The guard may take the lease away at any moment; what would be done after that must not be done. */
    private void requireLease(String deed) throws KernelException {
        if (!lease.renew()) {
            throw new KernelException(deed + interfaceName + ", which the guard forbids", Errno.EPERM.number());
        }
    }

    private MonotonicInstant now() {
        return ports.clock().now();
    }
}
