// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

import io.mainstay.migrate.LineReader.Line;
import java.util.ArrayList;
import java.util.List;

/**
 * Puts the lines of keepalived.conf together to directives and their blocks. Forgiving, as keepalived is: a brace may stand
 * on the line of its directive or on the next, and what cannot be understood is noted and passed over.
 */
final class DirectiveParser {

    private static final int DEEPEST_BLOCK = 16;

    /** A block under construction. */
    private record Open(Origin origin, List<String> words, List<Directive> directives) {}

    private final Notes notes;
    private final List<Open> open = new ArrayList<>();
    private int tooDeep;

    DirectiveParser(Notes notes) {
        this.notes = notes;
        open.add(new Open(new Origin("", 0), List.of(), new ArrayList<>()));
    }

    /** All directives outside of blocks. */
    List<Directive> parse(List<Line> lines) {
        for (Line line : lines) {
            parseLine(line);
        }
        while (open.size() > 1) {
            Open unfinished = open.getLast();
            notes.add(
                    unfinished.origin(),
                    new Directive(unfinished.origin(), unfinished.words(), List.of()).shown(),
                    Note.Kind.CHANGED,
                    "its closing brace is missing; it was taken to end with the file");
            close();
        }
        return open.getFirst().directives();
    }

    private void parseLine(Line line) {
        List<String> words = new ArrayList<>();
        for (String word : WordSplitter.split(line.text())) {
            switch (word) {
                case "{" -> {
                    openBlock(line, words);
                    words = new ArrayList<>();
                }
                case "}" -> {
                    addDirective(line.origin(), words);
                    words = new ArrayList<>();
                    closeBlock(line);
                }
                default -> words.add(word);
            }
        }
        addDirective(line.origin(), words);
    }

    private void addDirective(Origin origin, List<String> words) {
        if (!words.isEmpty() && tooDeep == 0) {
            open.getLast().directives().add(new Directive(origin, words, List.of()));
        }
    }

    private void openBlock(Line line, List<String> words) {
        if (tooDeep > 0 || open.size() > DEEPEST_BLOCK) {
            tooDeep++;
            notes.add(line.origin(), "{", Note.Kind.NOT_MAPPED, "more than " + DEEPEST_BLOCK + " blocks in each other");
            return;
        }
        List<Directive> siblings = open.getLast().directives();
        if (!words.isEmpty()) {
            open.add(new Open(line.origin(), words, new ArrayList<>()));
        } else if (!siblings.isEmpty() && siblings.getLast().block().isEmpty()) {
            // The brace stands on the line below its directive.
            Directive head = siblings.removeLast();
            open.add(new Open(head.origin(), head.words(), new ArrayList<>()));
        } else {
            notes.add(line.origin(), "{", Note.Kind.NOT_MAPPED, "a brace without a directive");
            open.add(new Open(line.origin(), List.of("{"), new ArrayList<>()));
        }
    }

    private void closeBlock(Line line) {
        if (tooDeep > 0) {
            tooDeep--;
        } else if (open.size() > 1) {
            close();
        } else {
            notes.add(line.origin(), "}", Note.Kind.NOT_MAPPED, "a closing brace too many");
        }
    }

    private void close() {
        Open done = open.removeLast();
        open.getLast().directives().add(new Directive(done.origin(), done.words(), done.directives()));
    }
}
