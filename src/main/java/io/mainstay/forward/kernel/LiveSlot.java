// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import io.mainstay.forward.BackendKey;
import io.mainstay.forward.BackendView;
import io.mainstay.forward.OffloadedFlows;
import io.mainstay.kernel.FlowProgram;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** A backend in its slot, with what was counted of it. Used by one thread. */
final class LiveSlot {

    private final int index;
    private final BackendKey key;
    private final int port;
    private final int id;
    private FlowProgram.State state;
    private final LatencyWindow latency = new LatencyWindow();
    private FlowTimers timers = FlowTimers.DEFAULT;
    private int limit;
    private int door;
    private @Nullable BackendView view;
    private FlowProgram.@Nullable Traffic baseline;
    private FlowProgram.@Nullable Traffic traffic;

    /** Of the walk through the flow table that is under way. */
    private int counted;

    private int entries;
    private int resets;
    private int versionAtWalk = -1;
    private int versionBefore = -1;

    /** Of the walk before. */
    private int live;

    private boolean empty;

    /** Entries of the flow table at the walk before, and flows that waited for an answer when those were counted. */
    private int flows;

    private int embryos;

    LiveSlot(int index, BackendKey key, int port, int id, FlowProgram.State state, int limit) {
        this.index = index;
        this.key = key;
        this.port = port;
        this.id = id;
        this.state = state;
        this.limit = limit;
    }

    int index() {
        return index;
    }

    BackendKey key() {
        return key;
    }

    /** 0: the one that the client asked for. */
    int port() {
        return port;
    }

    int id() {
        return id;
    }

    FlowProgram.State state() {
        return state;
    }

    void setState(FlowProgram.State newState) {
        state = newState;
    }

    /** The state that it is to have. */
    FlowProgram.State wanted() {
        BackendView present = view;
        if (present == null || present.resetting()) {
            return FlowProgram.State.DOWN;
        }
        if (present.serving()) {
            return FlowProgram.State.READY;
        }
        return present.failing() ? FlowProgram.State.UNHEALTHY : FlowProgram.State.DRAINING;
    }

    /** How many flows it may have at the same time; 0: any number. */
    int limit() {
        return limit;
    }

    void setLimit(int newLimit) {
        limit = newLimit;
    }

    /** The door that counts its flows; 0: none does. */
    int door() {
        return door;
    }

    void setDoor(int newDoor) {
        door = newDoor;
    }

    FlowTimers timers() {
        return timers;
    }

    void setTimers(FlowTimers newTimers) {
        timers = newTimers;
    }

    /** What is wanted of it; null: it is not known any more. */
    @Nullable
    BackendView view() {
        return view;
    }

    void setView(@Nullable BackendView newView) {
        view = newView;
    }

    /** What is told of how long it takes. */
    LatencyWindow latency() {
        return latency;
    }

    void setTraffic(FlowProgram.Traffic now) {
        if (baseline == null) {
            baseline = now;
        }
        traffic = now;
    }

    /** Live flows when they were counted last. */
    int live() {
        return live;
    }

    /** Whether the last walk met none of its flows, living or dead. */
    boolean isEmpty() {
        return empty;
    }

    /** Whether the count of live flows stands for this view, see {@link #report}. */
    boolean isCountedAsOf(BackendView wanted) {
        return versionBefore == wanted.version() && versionAtWalk == wanted.version();
    }

    void beginWalk() {
        counted = 0;
        entries = 0;
        resets = 0;
        versionBefore = versionAtWalk;
        BackendView present = view;
        versionAtWalk = present == null ? -1 : present.version();
    }

    void meet(boolean alive) {
        entries++;
        if (alive) {
            counted++;
        }
    }

    void countReset() {
        resets++;
    }

    void endWalk() {
        live = counted;
        empty = entries == 0;
        flows = entries;
    }

    void setEmbryos(int counted) {
        embryos = counted;
    }

    /** Flows that have a port, whether they live, wait for an answer or were closed a moment ago. */
    long ports() {
        return (long) flows + embryos;
    }

    /**
     * What the last walk found. It stands for a version of the view only if that was in force at the walk before too: a flow
     * that was being opened when new ones were forbidden is met by the second walk at the latest.
     */
    OffloadedFlows report() {
        return new OffloadedFlows(
                live,
                resets,
                since(FlowProgram.Traffic::flowsOpened),
                since(FlowProgram.Traffic::packetsIn),
                since(FlowProgram.Traffic::octetsIn),
                since(FlowProgram.Traffic::packetsOut),
                since(FlowProgram.Traffic::octetsOut),
                versionBefore == versionAtWalk ? versionAtWalk : -1);
    }

    /** Since the daemon has the slot. */
    private long since(ToLongFunction<FlowProgram.Traffic> counter) {
        FlowProgram.Traffic from = baseline;
        FlowProgram.Traffic to = traffic;
        return from == null || to == null ? 0 : counter.applyAsLong(to) - counter.applyAsLong(from);
    }
}
