// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

/** Numbers out of numbers: the finalizer of SplitMix64 (Steele, Lea and Flood, 2014). */
final class Mixing {

    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private Mixing() {}

    /** The state after {@code state}, for a row of random numbers that starts anywhere. */
    static long next(long state) {
        return state + GOLDEN_GAMMA;
    }

    /** Spreads whatever distinguishes the bits over all 64 of them. */
    static long mix(long bits) {
        long a = (bits ^ (bits >>> 30)) * 0xBF58476D1CE4E5B9L;
        long b = (a ^ (a >>> 27)) * 0x94D049BB133111EBL;
        return b ^ (b >>> 31);
    }

    /** The upper 53 bits as a number above 0 and below 1. */
    static double fraction(long bits) {
        return ((bits >>> 11) + 0.5) * 0x1.0p-53;
    }
}
