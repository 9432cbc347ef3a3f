// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election.wire;

/** What the checksum of an IPv4 VRRPv3 message was computed over. */
public enum ChecksumForm {
    /** The message alone, as RFC 9568 §5.2.8 says for IPv4. */
    RFC9568,
    /** The message behind a pseudo-header, as keepalived and FRR send by default. */
    PSEUDO_HEADER
}
