// SPDX-License-Identifier: Apache-2.0
package io.mainstay.hook;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A program with its arguments, none of which is empty.
 *
 * @param words its absolute path, and what it is given
 */
public record HookProgram(List<String> words) {

    public HookProgram {
        words = List.copyOf(words);
        if (words.isEmpty()
                || !words.getFirst().startsWith("/")
                || words.stream().anyMatch(HookProgram::isNoWord)) {
            throw new IllegalArgumentException("program: " + words + " (expected: an absolute path, and arguments)");
        }
    }

    private static boolean isNoWord(String word) {
        return word.isEmpty() || word.indexOf('\0') >= 0;
    }

    /**
     * Reads words that blanks separate; a backslash takes the meaning from the character behind it. No shell is involved.
     *
     * @throws IllegalArgumentException if the first is no absolute path
     */
    public static HookProgram parse(String text) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' && i + 1 < text.length()) {
                i++;
                word.append(text.charAt(i));
            } else if (c != ' ') {
                word.append(c);
            } else if (!word.isEmpty()) {
                words.add(word.toString());
                word.setLength(0);
            }
        }
        if (!word.isEmpty()) {
            words.add(word.toString());
        }
        return new HookProgram(words);
    }

    public String path() {
        return words.getFirst();
    }

    /** As {@link #parse} reads it. */
    @Override
    public String toString() {
        return text(words);
    }

    /** How words have to be written for {@link #parse}, whether or not they are a program. */
    public static String text(List<String> words) {
        return words.stream()
                .map(word -> word.replace("\\", "\\\\").replace(" ", "\\ "))
                .collect(Collectors.joining(" "));
    }
}
