// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

/**
 * Which of the two IPv4 checksum forms of VRRPv3 to send. Both are always accepted.
 *
 * <p>RFC 9568 §5.2.8 leaves the pseudo-header out for IPv4; keepalived and FRR put it in by default, as RFC 5798 was read.
 */
public enum ChecksumPreference {
    /** The form that the last accepted Active used; until one was heard, with pseudo-header. */
    AUTO,
    /** Without pseudo-header. */
    RFC9568,
    /** With pseudo-header. */
    PSEUDO_HEADER
}
