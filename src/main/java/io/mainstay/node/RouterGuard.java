// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.election.VirtualRouter;
import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.kernel.GuardedRouter;
import io.mainstay.kernel.StoodIn;
import io.mainstay.net.Priority;
import io.mainstay.time.MonotonicInstant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the guard is to give up and to say for one virtual router, and what it has said. Belongs to the election thread. */
final class RouterGuard {

    private final int number;
    private final VirtualRouter election;
    private final RunningInterface link;
    private final AddressHome home;
    private final ElectionLease lease;
    private final GuardMessages messages;

    private @Nullable GuardedRouter order;
    private Priority priority;
    private boolean aged;
    private Optional<MonotonicInstant> speaksFrom = Optional.empty();
    private long spoken;

    /** @param number tells the router from the others of the node */
    RouterGuard(
            int number,
            VirtualRouter election,
            RunningInterface link,
            AddressHome home,
            ElectionLease lease,
            GuardMessages messages) {
        this.number = number;
        this.election = election;
        this.link = link;
        this.home = home;
        this.lease = lease;
        this.messages = messages;
        priority = election.effectivePriority();
    }

    /** What was laid ready is no longer what this router would say. */
    void outdate() {
        order = null;
    }

    /** What was laid ready is older than what this router has said, and soon nobody would believe it. */
    void age() {
        aged = true;
    }

    boolean isAged() {
        return aged && order != null;
    }

    /**
     * What the guard is to give up and to say.
     *
     * @param holds whether the router holds anything, or is about to
     * @param refresh whether what has aged is to be laid anew
     * @return null if there is nothing to give up
     */
    @Nullable
    GuardedRouter order(boolean holds, boolean refresh) {
        Optional<Integer> index = link.index();
        if (!holds || index.isEmpty()) {
            order = null;
        } else if (!isInForce(index.get())) {
            messages.prepare(lease.stoodIn(number));
            order = lay(index.get());
        } else if (aged && refresh) {
            messages.refresh(lease.stoodIn(number));
            order = lay(index.get());
        }
        return order;
    }

    private boolean isInForce(int index) {
        return order != null
                && order.interfaceIndex() == index
                && order.virtualInterfaces().equals(home.guarded())
                && priority.equals(election.effectivePriority());
    }

    private GuardedRouter lay(int index) {
        VirtualRouterConfig config = election.config();
        priority = election.effectivePriority();
        aged = false;
        return new GuardedRouter(
                number,
                link.name(),
                index,
                config.priority().isOwner() ? List.of() : config.addresses(),
                messages.advertisements(),
                messages.resignations(),
                home.guarded());
    }

    /**
     * Says from when on the guard is to advertise for this router. Before anything is carried out that follows from a
     * change of state, so that the guard does not speak for a router that is no longer Active.
     */
    void instruct() {
        Optional<MonotonicInstant> from = election.overdueFrom();
        if (!from.equals(speaksFrom)) {
            speaksFrom = from;
            lease.standInFrom(number, election.config().advertisementInterval(), from);
        }
    }

    /** Takes into account what the guard said in the place of this router, before anything is judged at that time. */
    void heed(MonotonicInstant now) {
        StoodIn guard = lease.stoodIn(number);
        if (guard.times() != spoken) {
            spoken = guard.times();
            messages.onStoodIn(spoken);
            election.onStoodIn(guard.last(), now);
        }
    }

    /** The guard has given the addresses up and resigned. */
    void onFenced() {
        messages.onFenced();
    }

    /** How often the guard has advertised in the place of this router. */
    long spoken() {
        return spoken;
    }
}
