// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election.wire;

import java.time.Duration;
import java.time.Instant;

/**
 * The sequence number of a signed advertisement: seconds since 1970 in the upper 32 bits, then 16 bits of their fraction, then
 * 16 bits that tell apart what was said at the same moment. It begins anew after 136 years, so it is compared by serial number
 * arithmetic (RFC 1982).
 *
 * @param value the 64 bits
 */
public record SequenceNumber(long value) {

    private static final long NANOS_OF_A_SECOND = 1_000_000_000;

    /** What is said at an instant, as the first that is said then. */
    public static SequenceNumber at(Instant instant) {
        long fraction = ((long) instant.getNano() << 16) / NANOS_OF_A_SECOND;
        return new SequenceNumber(instant.getEpochSecond() << 32 | fraction << 16);
    }

    public SequenceNumber next() {
        return new SequenceNumber(value + 1);
    }

    public boolean isAfter(SequenceNumber other) {
        return value - other.value > 0;
    }

    /** How long before the other it was, by the clocks of those who made the two; negative if it was after. */
    public Duration until(SequenceNumber other) {
        long difference = other.value - value;
        long nanos = ((difference & 0xFFFF_FFFFL) * NANOS_OF_A_SECOND) >>> 32;
        return Duration.ofSeconds(difference >> 32, nanos);
    }
}
