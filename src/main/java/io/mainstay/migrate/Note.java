// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

import java.util.Comparator;

/**
 * Something to know about a directive of the old configuration.
 *
 * @param origin where it stands
 * @param directive the directive, shortened, without secrets
 * @param kind what became of it
 * @param why the reason, and what to do about it, without a full stop
 */
public record Note(Origin origin, String directive, Kind kind, String why) implements Comparable<Note> {

    /** What became of a directive. */
    public enum Kind {
        /** The new configuration does not do what it asked for. */
        NOT_MAPPED("not mapped"),
        /** The new configuration does nearly what it asked for. */
        CHANGED("mapped, with a difference"),
        /** The new configuration does what it asked for, or guards against what it was for, without a word. */
        NOT_NEEDED("not needed");

        private final String words;

        Kind(String words) {
            this.words = words;
        }

        /** For people. */
        public String words() {
            return words;
        }
    }

    private static final Comparator<Note> BY_PLACE =
            Comparator.comparing(Note::origin).thenComparing(Note::kind).thenComparing(Note::why);

    @Override
    public int compareTo(Note other) {
        return BY_PLACE.compare(this, other);
    }

    @Override
    public String toString() {
        return origin + " " + directive + ": " + kind.words() + ": " + why;
    }
}
