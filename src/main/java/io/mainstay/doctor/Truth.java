// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

/** What can be said of a condition when not everything about a packet is known. */
enum Truth {
    YES,
    NO,
    MAYBE;

    static Truth of(boolean value) {
        return value ? YES : NO;
    }

    Truth negated() {
        return switch (this) {
            case YES -> NO;
            case NO -> YES;
            case MAYBE -> MAYBE;
        };
    }

    Truth and(Truth other) {
        if (this == NO || other == NO) {
            return NO;
        }
        return this == YES && other == YES ? YES : MAYBE;
    }
}
