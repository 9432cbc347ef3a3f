// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election.wire;

import java.util.Optional;

/** What a received datagram turned out to be. */
public sealed interface DecodeResult {

    /**
     * A sound advertisement. Whether it is meant for this node is for the receiver to say.
     *
     * @param advertisement what it says
     * @param checksumForm what its checksum was computed over
     * @param trailer what stands behind it, not yet verified; empty if nothing does
     */
    record Decoded(Advertisement advertisement, ChecksumForm checksumForm, Optional<AuthenticationTrailer> trailer)
            implements DecodeResult {

        /** Without a trailer. */
        public Decoded(Advertisement advertisement, ChecksumForm checksumForm) {
            this(advertisement, checksumForm, Optional.empty());
        }
    }

    /**
     * None, or none for here.
     *
     * @param reason the first check that failed
     * @param detail the value found and the one expected, for a person to read
     */
    record Discarded(DiscardReason reason, String detail) implements DecodeResult {}
}
