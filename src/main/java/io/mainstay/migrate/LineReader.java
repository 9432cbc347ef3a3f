// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads keepalived.conf line by line, as keepalived does before it looks at any word: takes comments off, joins lines that
 * end with a backslash, reads includes, chooses conditional lines, repeats what is to be repeated, and puts parameters in.
 *
 * <p>Bounded: a file of definitions that refer to each other cannot grow without end.
 */
final class LineReader {

    private static final int DEEPEST_INCLUDE = 16;
    private static final int DEEPEST_PARAMETER = 16;
    private static final int MOST_CHARACTERS = 4 << 20;
    private static final int MOST_FILES = 1000;

    private static final Pattern CONDITION = Pattern.compile("@(\\^?)([^\\s]+)(\\s+(.*))?");
    private static final Pattern DEFINITION = Pattern.compile("\\$([A-Za-z_][A-Za-z0-9_]*)\\s*=(.*)", Pattern.DOTALL);

    /** Of the characters that a file may come to, for each time that a line is read again. */
    private static final int PRICE_OF_A_ROUND = 64;

    /**
     * A line without comments.
     *
     * @param text neither empty nor with blanks around it
     */
    record Line(Origin origin, String text) {}

    private final Includes includes;
    private final Optional<String> configId;
    private final Notes notes;
    private final List<Line> lines = new ArrayList<>();
    private final Parameters parameters;
    private int characters;
    private int files;
    private boolean cut;

    /** @param configId what keepalived was started with as {@code --config-id}; empty if that is not known */
    LineReader(Includes includes, Optional<String> configId, Notes notes) {
        this.includes = includes;
        this.configId = configId;
        this.notes = notes;
        parameters = new Parameters(configId);
    }

    List<Line> read(SourceText source) {
        readFile(source, 0);
        return lines;
    }

    private void readFile(SourceText source, int depth) {
        files++;
        String[] raw = source.text().split("\n", -1);
        StringBuilder joined = new StringBuilder();
        int start = 0;
        boolean continued = false;
        for (int i = 0; i < raw.length && !cut; i++) {
            String text = withoutComment(raw[i].endsWith("\r") ? raw[i].substring(0, raw[i].length() - 1) : raw[i]);
            if (!continued) {
                start = i + 1;
                joined.setLength(0);
            }
            continued = endsInContinuation(text);
            joined.append(continued ? text.substring(0, text.length() - 1) : text);
            if (continued) {
                joined.append('\n');
            } else {
                takeLine(new Origin(source.file(), start), joined.toString().strip(), depth);
            }
        }
        if (continued) {
            takeLine(new Origin(source.file(), start), joined.toString().strip(), depth);
        }
    }

    private static boolean endsInContinuation(String text) {
        int backslashes = 0;
        while (backslashes < text.length() && text.charAt(text.length() - 1 - backslashes) == '\\') {
            backslashes++;
        }
        return backslashes % 2 == 1;
    }

    /** A comment starts with an exclamation mark or a hash, anywhere but in double quotes or behind a backslash. */
    private static String withoutComment(String raw) {
        StringBuilder text = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            boolean escapes = c == '\\' && i + 1 < raw.length();
            if (escapes) {
                char next = raw.charAt(++i);
                boolean comment = !quoted && (next == '#' || next == '!');
                text.append(comment ? "" : "\\").append(next);
                continue;
            }
            if (!quoted && (c == '#' || c == '!')) {
                break;
            }
            quoted ^= c == '"';
            text.append(c);
        }
        return text.toString().strip();
    }

    private void takeLine(Origin origin, String text, int depth) {
        if (text.isEmpty()) {
            return;
        }
        List<String> words = WordSplitter.split(firstLine(text));
        if (!words.isEmpty() && isInclude(words.getFirst())) {
            include(origin, words, depth);
            return;
        }
        boolean defines = DEFINITION.matcher(text).matches();
        process(origin, defines ? text : text.replace('\n', ' '), 0);
    }

    /** Takes a text that is whole: a parameter of several lines may bring conditions and definitions along. */
    private void process(Origin origin, String text, int depth) {
        String chosen = choose(origin, text.strip());
        Matcher definition = DEFINITION.matcher(chosen);
        if (definition.matches()) {
            parameters.define(definition.group(1), definition.group(2).strip());
            return;
        }
        if (Repetition.begins(chosen)) {
            repeat(origin, chosen, depth);
            return;
        }
        String replaced = depth < DEEPEST_PARAMETER ? withParameters(origin, chosen) : chosen;
        if (!replaced.equals(chosen)) {
            for (String line : replaced.split("\n", -1)) {
                process(origin, line, depth + 1);
            }
        } else if (!chosen.isEmpty() && !tooMuch(origin, chosen.length())) {
            lines.add(new Line(origin, chosen));
        }
    }

    private boolean tooMuch(Origin origin, int more) {
        characters += more;
        if (characters > MOST_CHARACTERS && !cut) {
            cut = true;
            notes.add(origin, "", Note.Kind.NOT_MAPPED, "too long from here on: the rest was not read");
        }
        return cut;
    }

    private static String firstLine(String text) {
        int end = text.indexOf('\n');
        return end < 0 ? text : text.substring(0, end);
    }

    private static boolean isInclude(String word) {
        return switch (word) {
            case "include", "includea", "includeb", "includem", "includer", "includew" -> true;
            default -> false;
        };
    }

    private void include(Origin origin, List<String> words, int depth) {
        String shown = String.join(" ", words);
        if (words.size() < 2) {
            notes.add(origin, shown, Note.Kind.NOT_MAPPED, "it names no file");
            return;
        }
        if (depth >= DEEPEST_INCLUDE) {
            notes.add(
                    origin, shown, Note.Kind.NOT_MAPPED, "more than " + DEEPEST_INCLUDE + " files include each other");
            return;
        }
        List<SourceText> found = includes.find(words.get(1), origin.file());
        if (found.isEmpty()) {
            notes.add(origin, shown, Note.Kind.NOT_MAPPED, "no such file, or it cannot be read");
        }
        for (SourceText source : found) {
            if (files >= MOST_FILES) {
                notes.add(
                        origin,
                        shown,
                        Note.Kind.NOT_MAPPED,
                        "more than " + MOST_FILES + " files: the rest was not read");
                return;
            }
            readFile(source, depth + 1);
        }
    }

    /** The line without its condition; empty if it is for another host, or if nobody can tell. */
    private String choose(Origin origin, String text) {
        Matcher condition = CONDITION.matcher(text);
        if (!condition.matches()) {
            return text;
        }
        String rest = Optional.ofNullable(condition.group(4)).orElse("");
        boolean not = !condition.group(1).isEmpty();
        String id = condition.group(2);
        if (configId.isEmpty()) {
            notes.add(
                    origin,
                    "@" + (not ? "^" : "") + id + " " + shortened(rest),
                    Note.Kind.NOT_MAPPED,
                    "it is for the hosts " + (not ? "other than " : "called ") + id
                            + " only: say by --config-id which one this is");
            return "";
        }
        return configId.get().equals(id) != not ? rest.strip() : "";
    }

    private static String shortened(String text) {
        String line = firstLine(text);
        return line.length() <= 40 ? line : line.substring(0, 40) + "…";
    }

    private void repeat(Origin origin, String text, int depth) {
        int end = text.indexOf(')') + 1;
        String head = withParameters(origin, text.substring(0, end));
        Optional<Repetition> repetition = depth < DEEPEST_PARAMETER ? Repetition.of(head) : Optional.empty();
        if (repetition.isEmpty()) {
            notes.add(
                    origin,
                    shortened(text),
                    Note.Kind.NOT_MAPPED,
                    "it cannot be told how often to read it (expected: ~SEQ(NAME, FIRST, STEP, LAST) or"
                            + " ~LST(NAME, VALUE, ...))");
            return;
        }
        for (Map<String, String> round : repetition.get().rounds()) {
            if (tooMuch(origin, PRICE_OF_A_ROUND)) {
                return;
            }
            round.forEach(parameters::define);
            process(origin, text.substring(end), depth + 1);
        }
    }

    private String withParameters(Origin origin, String text) {
        if (cut) {
            return text;
        }
        String replaced = parameters.replaceIn(text, origin.file(), MOST_CHARACTERS - characters);
        boolean same = replaced.equals(text);
        return same || !tooMuch(origin, replaced.length()) ? replaced : "";
    }
}
