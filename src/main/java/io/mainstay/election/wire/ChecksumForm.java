// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election.wire;

/**
 * What the checksum of a VRRP message was computed over.
 *
 * <p>Only VRRPv3 over IPv4 knows more than one form. VRRPv2 is always {@link #RFC9568}, the message alone (RFC 3768
 * §5.3.8); IPv6 is always {@link #PSEUDO_HEADER} (RFC 9568 §5.2.8).
 */
public enum ChecksumForm {
    /** The message alone, as RFC 9568 §5.2.8 says for IPv4. */
    RFC9568,
    /** The message behind a pseudo-header, as keepalived and FRR send by default. */
    PSEUDO_HEADER,
    /**
     * The message behind a pseudo-header with 224.0.0.18 as destination, though sent elsewhere: keepalived up to 1.3.6 to
     * unicast peers. Sent to the group itself it is the same as {@link #PSEUDO_HEADER}, and is reported as that.
     */
    PSEUDO_HEADER_OF_GROUP
}
