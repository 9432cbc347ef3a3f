// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import io.mainstay.kernel.FlowCursor;
import io.mainstay.kernel.FlowProgram;
import java.util.function.Consumer;
import java.util.function.IntToLongFunction;

/**
 * One walk through the flow table: counts what lives, ends what is idle, and resets what has lost its backend. The data path
 * itself takes nothing out of that table but what a new flow replaces.
 */
final class FlowWalk implements Consumer<FlowCursor> {

    /** A few walks. */
    private static final long HEARD_MILLIS = 3_000;

    private final Slots slots;
    private final int nowTick;
    private final double millisPerTick;
    private final IntToLongFunction termMillis;
    private int expired;

    /**
     * @param termMillis for how long the address behind a gate has been this node's; negative: it is not, and its flows are let
     *     be, and not counted
     */
    FlowWalk(Slots slots, int nowTick, double millisPerTick, IntToLongFunction termMillis) {
        this.slots = slots;
        this.nowTick = nowTick;
        this.millisPerTick = millisPerTick;
        this.termMillis = termMillis;
    }

    /** How many flows it has ended because nothing was heard of them. */
    int expired() {
        return expired;
    }

    @Override
    public void accept(FlowCursor flow) {
        LiveSlot slot = slots.at(flow.slot());
        if (slot == null || slot.id() != flow.backendId()) {
            slot = null;
        }
        if (flow.isToClient()) {
            // It goes with the direction from the client, unless that went alone.
            if ((slot == null || silentMillis(flow.seenTick()) > slot.timers().longestMillis()) && !flow.hasOther()) {
                flow.remove();
            }
            return;
        }
        if (slot == null) {
            end(flow);
            return;
        }
        boolean open = isOpen(flow);
        boolean alive = (flow.state() & FlowCursor.LIVE) != 0 && (flow.state() & FlowCursor.ENDED) == 0;
        if (slot.state() == FlowProgram.State.DOWN) {
            if (open && alive) {
                slot.countReset();
            }
            end(flow);
            return;
        }
        if (isIdle(flow, slot.timers().limitMillis(flow.isTcp(), flow.state()))) {
            expired++;
            end(flow);
            return;
        }
        if (alive) {
            count(flow, slot, open);
        }
        slot.meet(open && alive);
    }

    /**
     * Sees to it that flows are counted for the limits of their service as long as they are this node's: also those that began
     * before it had any, or that went on at another node for a while, as soon as they are heard of.
     */
    private void count(FlowCursor flow, LiveSlot slot, boolean open) {
        boolean counted = (flow.state() & FlowCursor.COUNTED) != 0;
        if (!open) {
            if (counted) {
                flow.uncount();
            }
        } else if (slot.door() != 0 && (!counted || flow.door() != slot.door()) && !isSilent(flow, HEARD_MILLIS)) {
            flow.count(slot.door());
        }
    }

    private boolean isOpen(FlowCursor flow) {
        return termMillis.applyAsLong(flow.gate()) >= 0;
    }

    /** What another node has heard before this one became Active is not known here, so silence counts from then on. */
    private boolean isIdle(FlowCursor flow, long limitMillis) {
        long term = termMillis.applyAsLong(flow.gate());
        return (term < 0 || term > limitMillis) && isSilent(flow, limitMillis);
    }

    private boolean isSilent(FlowCursor flow, long limitMillis) {
        return silentMillis(flow.seenTick()) > limitMillis && silentMillis(flow.otherSeenTick()) > limitMillis;
    }

    /** A packet may have come since the clock was read, and is then from a tick that is yet to come. */
    private double silentMillis(int seenTick) {
        return Math.max(nowTick - seenTick, 0) * millisPerTick;
    }

    /** An address of another node's must not be spoken for, nor needs an ended flow to be told that it is. */
    private void end(FlowCursor flow) {
        if (isOpen(flow) && !FlowTimers.isClosed(flow.state())) {
            flow.resetBothEnds();
        }
        flow.remove();
    }
}
