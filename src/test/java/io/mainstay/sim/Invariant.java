// SPDX-License-Identifier: Apache-2.0
package io.mainstay.sim;

/** What has to hold. The first group is looked at after every event, the second when nothing disturbs the cluster. */
enum Invariant {
    /** A node announces addresses only while it is Active, and advertises but one last time as it steps back for another. */
    SPEAKS_ONLY_WHILE_ACTIVE,
    /** An Active that was silent for three intervals neither advertises nor announces before it was elected again. */
    SILENT_AFTER_STALL,
    /** An address stands only on an Active, or for a short bounded while on one that has just handed over. */
    HOLDS_ONLY_WHILE_ACTIVE,
    /** An Active holds all addresses, but for the moment of taking them. */
    ACTIVE_HOLDS_ADDRESSES,
    /** Services are open only while the addresses stand, and are closed before one is removed. */
    SERVICES_FOLLOW_ADDRESSES,
    /** A node on which something has failed that it needs is not Active for long. */
    FAULT_GIVES_UP,
    /** A node is Active for all members of a sync group or for none, but for the moment of changing. */
    GROUP_MOVES_TOGETHER,
    /** What a stopped Active holds is given up for it when its lease has run out, and what a killed one holds, at once. */
    GUARD_GIVES_UP,

    /** In a bounded time after the last fault there is exactly one Active. */
    ONE_ACTIVE,
    /** It is one that no other router has the right to preempt. */
    RIGHT_ACTIVE,
    /** Clients send to the Active. */
    CLIENTS_REACH_ACTIVE,
    /** Nothing changes without a cause. */
    CALM,
    /** When the Active resigns, the next one takes over within its skew time. */
    RESIGNATION_TAKES_SKEW_TIME,
    /** When the Active dies, the next one takes over within its active-down interval. */
    LOSS_TAKES_ACTIVE_DOWN_INTERVAL,
    /** During a hand-over on request the addresses are served at every moment. */
    HAND_OVER_WITHOUT_GAP
}
