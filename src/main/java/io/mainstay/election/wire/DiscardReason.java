// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election.wire;

/**
 * Why a received VRRP message was thrown away: one constant for each check, in the order in which the checks are made (RFC
 * 9568 §7.1; for version 2, RFC 3768 §7.1). The first check that fails gives the reason. CARP and an unknown version, which
 * define no length that could be checked, are told apart when the length is.
 *
 * <p>Those marked "by the receiver" need to know the local virtual routers, so that the decoder never or not always gives
 * them.
 */
public enum DiscardReason {
    /**
     * The TTL or hop limit was not 255, so the message may come from beyond the segment (RFC 9568 §5.1.1.3). Of a unicast
     * message: less than what is configured; that by the receiver.
     */
    TTL("ttl"),
    /** The message was not exactly as long as its version and its number of addresses make it. */
    LENGTH("length"),
    /** Behind the message stood as many octets as a signature has, and they were of another kind. */
    TRAILER("trailer"),
    /** A CARP advertisement of BSD or UCarp: the same protocol number, group and first octet, another protocol. */
    CARP("carp"),
    /** A version that no RFC defines, or not over this family. */
    VERSION_UNKNOWN("version-unknown"),
    /** The type was not 1, ADVERTISEMENT (RFC 9568 §5.2.2). */
    TYPE("type"),
    /** The checksum was right in none of the forms (RFC 9568 §5.2.8). */
    CHECKSUM("checksum"),
    /** No virtual router has this number on the interface and family (RFC 9568 §5.2.3). Also by the receiver. */
    VRID_UNKNOWN("vrid-unknown"),
    /** VRRP of a version that the virtual router does not speak: both sides would be Active at once. By the receiver. */
    VERSION_OTHER("version-other"),
    /** Sent to the multicast group where unicast peers are expected, or the other way about. By the receiver. */
    DESTINATION("destination"),
    /** From none of the unicast peers. By the receiver. */
    PEER_UNKNOWN("peer-unknown"),
    /** VRRPv2 with another authentication type than the local one (RFC 3768 §7.1). Also by the receiver. */
    AUTHENTICATION_TYPE("authentication-type"),
    /** VRRPv2 with a password that is not the local one (RFC 2338 §7.1). By the receiver. */
    AUTHENTICATION_DATA("authentication-data"),
    /** No address in the message (RFC 9568 §5.2.5). */
    ADDRESS_COUNT("address-count"),
    /** An advertisement interval of zero, which would make the Active_Down_Interval zero (RFC 9568 §5.2.7). */
    INTERVAL_ZERO("interval-zero"),
    /** The source is an address of this node: its own message came back, or another host took that address. By the receiver. */
    OWN_ADVERTISEMENT("own-advertisement"),
    /** VRRPv2 with another advertisement interval than the local one (RFC 3768 §7.1). By the receiver. */
    INTERVAL_MISMATCH("interval-mismatch"),
    /** None of the addresses is one of the virtual router: a stranger uses its number. By the receiver. */
    ADDRESSES_FOREIGN("addresses-foreign"),
    /** Not signed, where signatures are wanted. By the receiver. */
    TRAILER_MISSING("trailer-missing"),
    /** Signed too long ago, or ahead of this node's clock by as much. By the receiver. */
    TRAILER_STALE("trailer-stale"),
    /** Signed with a key that this node does not have. By the receiver. */
    TRAILER_KEY_UNKNOWN("trailer-key-unknown"),
    /** The signature is not the one that the key gives. By the receiver. */
    TRAILER_HMAC("trailer-hmac"),
    /** Rightly signed, and older than the last message of the same sender: somebody sends again what was sent before. By the receiver. */
    TRAILER_REPLAYED("trailer-replayed"),
    /** The last message of the same sender once more: the network doubled it, or a resignation was repeated. By the receiver. */
    TRAILER_DUPLICATE("trailer-duplicate");

    private final String label;

    DiscardReason(String label) {
        this.label = label;
    }

    /** The name in metrics and logs, in kebab case; stable. */
    public String label() {
        return label;
    }
}
