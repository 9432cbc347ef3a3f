// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

/** Why a virtual router changed its state or the way it behaves in it. */
public enum TransitionReason {
    STARTED("started", "the virtual router started and listens for an Active"),
    OWNER_STARTED("owner-started", "this node owns the addresses (priority 255)"),
    ACTIVE_DOWN_TIMER("active-down-timer", "no Active was heard for the active-down interval"),
    ACTIVE_RESIGNED("active-resigned", "the Active resigned (priority 0) and nobody else took over"),
    PREEMPTED_LOWER("preempted-lower", "the Active has a lower priority than this node"),
    HIGHER_PRIORITY("higher-priority", "a router of higher priority advertises"),
    HIGHER_ADDRESS("higher-address", "a router of the same priority and a higher address advertises"),
    HAND_OVER_STARTED("hand-over-started", "this node offers to hand over and serves until a peer has taken over"),
    HANDED_OVER("handed-over", "a peer took over as requested"),
    UNHEARD("unheard", "another router goes on as Active because it does not hear this node, which gives way to it"),
    HAND_OVER_REFUSED("hand-over-refused", "no peer took over; this node never stopped to serve"),
    STALLED("stalled", "this node was silent for so long that a peer may have taken over"),
    FENCED("fenced", "the guard gave the addresses up for this node, which did not run in time"),
    SYNC_GROUP_ACTIVE("sync-group-active", "another member of the sync group took over"),
    SYNC_GROUP_BACKUP("sync-group-backup", "another member of the sync group stepped back"),
    SHUTDOWN("shutdown", "the virtual router was stopped"),
    INTERFACE_MISSING("interface-missing", "there is no interface of that name", true),
    INTERFACE_DOWN("interface-down", "the interface is administratively down", true),
    NO_CARRIER("no-carrier", "the interface has no carrier", true),
    NO_SOURCE_ADDRESS("no-source-address", "the interface has no address of its own to advertise from", true),
    ADVERTISEMENT_TOO_LONG(
            "advertisement-too-long",
            "an advertisement is longer than what the interface can carry in one piece",
            true),
    SOCKET_UNAVAILABLE("socket-unavailable", "the interface cannot be opened for VRRP", true),
    VIRTUAL_MAC_UNAVAILABLE("virtual-mac-unavailable", "the interface for the virtual MAC cannot be made", true),
    ADDRESSES_UNAVAILABLE("addresses-unavailable", "the addresses could not be taken", true),
    CANNOT_ADVERTISE("cannot-advertise", "advertisements cannot be sent", true),
    TRACKER_FAILED("tracker-failed", "something that this node needs has failed", true),
    SYNC_GROUP_FAULT("sync-group-fault", "another member of the sync group cannot take part", true),
    LINK_RECOVERED("link-recovered", "the interface can be used again"),
    TRACKER_RECOVERED("tracker-recovered", "what had failed works again"),
    SYNC_GROUP_RECOVERED("sync-group-recovered", "all members of the sync group can take part again"),
    RETRY("retry", "the pause after a failure is over");

    private final String label;
    private final String sentence;
    private final boolean fault;

    TransitionReason(String label, String sentence) {
        this(label, sentence, false);
    }

    TransitionReason(String label, String sentence, boolean fault) {
        this.label = label;
        this.sentence = sentence;
        this.fault = fault;
    }

    /** The stable word for logs and machine-readable output. */
    public String label() {
        return label;
    }

    /** What happened, for people, without a full stop. */
    public String sentence() {
        return sentence;
    }

    /** Of a fault: why it is over, once nothing keeps the node from taking part any more. */
    TransitionReason recovery() {
        return switch (this) {
            case TRACKER_FAILED -> TRACKER_RECOVERED;
            case SYNC_GROUP_FAULT -> SYNC_GROUP_RECOVERED;
            default -> LINK_RECOVERED;
        };
    }

    /** Whether it leads to {@link ElectionState.Fault}. */
    public boolean isFault() {
        return fault;
    }
}
