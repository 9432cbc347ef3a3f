// SPDX-License-Identifier: Apache-2.0
package io.mainstay.sim;

import java.util.Random;

/** When the driver of one node has its turns: at its own deadlines, and soon after something has arrived. */
final class NodeSchedule {

    private static final long LONGEST_WAKE_UP_NANOS = 200_000;

    private final SimulatedNode node;
    private final Timeline timeline;
    private final Random random;
    private final SimulatedClock clock;

    private boolean inTurn;
    private long plannedTurn;
    private long turnToken;
    private long busyUntil;

    NodeSchedule(SimulatedNode node, Timeline timeline, Random random, SimulatedClock clock) {
        this.node = node;
        this.timeline = timeline;
        this.random = random;
        this.clock = clock;
    }

    /** Something has arrived. */
    void wake() {
        if (!inTurn) {
            plan();
        }
    }

    /** Plans the next turn for as soon as the process can wake up. */
    void plan() {
        if (!node.canRun()) {
            return;
        }
        long wakeUp = 10_000 + random.nextLong(LONGEST_WAKE_UP_NANOS);
        long now = timeline.nowNanos();
        long at = now + wakeUp;
        if (plannedTurn <= at && plannedTurn >= now) {
            return;
        }
        at = Math.max(at, busyUntil);
        plannedTurn = at;
        long token = ++turnToken;
        timeline.at(at, () -> turn(token));
    }

    private void planDeadline() {
        if (node.host().hasWaitingEvents()) {
            plan();
            return;
        }
        node.nextDeadline().ifPresent(deadline -> {
            long due = Math.max(clock.trueNanosOf(deadline), Math.max(busyUntil, timeline.nowNanos()));
            plannedTurn = due + 10_000 + random.nextLong(LONGEST_WAKE_UP_NANOS);
            long token = ++turnToken;
            timeline.at(plannedTurn, () -> turn(token));
        });
    }

    /** The process is gone. */
    void cancel() {
        turnToken++;
        plannedTurn = Long.MAX_VALUE;
    }

    private void turn(long token) {
        if (token != turnToken || !node.canRun()) {
            return;
        }
        plannedTurn = Long.MAX_VALUE;
        inTurn = true;
        node.takeTurn();
        inTurn = false;
        long spent = clock.takeBusyNanos();
        busyUntil = timeline.nowNanos() + spent;
        if (spent > 1_000_000) {
            node.excuseFor(spent);
        }
        if (!node.hasEnded()) {
            planDeadline();
        }
    }
}
