// SPDX-License-Identifier: Apache-2.0
package io.mainstay.track;

import java.util.Locale;

/**
 * Which tracker of a virtual router.
 *
 * @param kind what sort of thing is tracked
 * @param name which one; unique among those of its kind
 */
public record TrackerId(Kind kind, String name) {

    /** The sorts of things that can be tracked. */
    public enum Kind {
        INTERFACE,
        NEIGHBOURS,
        SCRIPT,
        PROCESS,
        FILE,
        SERVICE
    }

    /** For people, such as {@code script db}. */
    @Override
    public String toString() {
        return kind.name().toLowerCase(Locale.ROOT) + " " + name;
    }
}
