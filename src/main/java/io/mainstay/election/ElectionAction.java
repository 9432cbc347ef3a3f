// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

/** What the election wants done, in the order given. */
public enum ElectionAction {
    /** Send {@link VirtualRouter#advertisement} and report the outcome. */
    SEND_ADVERTISEMENT,
    /** Send {@link VirtualRouter#resignation}: priority 0. */
    SEND_RESIGNATION,
    /** Take the addresses, announce them, open the services; report whether that was possible. */
    ACQUIRE_ADDRESSES,
    /** Announce the held addresses anew: another router spoke for them. */
    ANNOUNCE_ADDRESSES,
    /** Give the addresses up now. */
    RELEASE_ADDRESSES,
    /** Ask, without them, whether another host has the addresses; an answer comes as {@link VirtualRouter#onAddressClaimed}. */
    PROBE_ADDRESSES,
    /** Give the addresses up as soon as the new Active was heard to announce them, or after a short bounded while. */
    RELEASE_ADDRESSES_TO_SUCCESSOR,
    /** Serve on, but announce nothing until further notice: a successor is about to announce the addresses. */
    HOLD_ANNOUNCEMENTS,
    /** Announce again as before {@link #HOLD_ANNOUNCEMENTS}. */
    RESUME_ANNOUNCEMENTS
}
