// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Collects what there is to say about the old configuration; each thing once. Used by one thread. */
final class Notes {

    /** More than anybody reads; a file of garbage could give a hundred thousand. */
    static final int MOST_KEPT = 2000;

    private final List<Note> notes = new ArrayList<>();
    private final Set<Note> known = new HashSet<>();

    void notMapped(Directive directive, String why) {
        add(directive.origin(), directive.shown(), Note.Kind.NOT_MAPPED, why);
    }

    void changed(Directive directive, String why) {
        add(directive.origin(), directive.shown(), Note.Kind.CHANGED, why);
    }

    void notNeeded(Directive directive, String why) {
        add(directive.origin(), directive.shown(), Note.Kind.NOT_NEEDED, why);
    }

    void add(Origin origin, String directive, Note.Kind kind, String why) {
        Note note = new Note(origin, printable(directive), kind, printable(why));
        if (notes.size() < MOST_KEPT && known.add(note)) {
            notes.add(note);
        }
    }

    /** A reason may name words of the file, which may hold anything. */
    private static String printable(String text) {
        StringBuilder shown = new StringBuilder();
        text.codePoints()
                .map(c -> Character.isISOControl(c) || Character.getType(c) == Character.FORMAT ? ' ' : c)
                .forEach(shown::appendCodePoint);
        return shown.toString();
    }

    /** In the order of the file. */
    List<Note> sorted() {
        return notes.stream().sorted().toList();
    }
}
