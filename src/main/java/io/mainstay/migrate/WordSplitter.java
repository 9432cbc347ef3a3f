// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

import java.util.ArrayList;
import java.util.List;

/**
 * Takes a line of keepalived.conf apart into words (keepalived.conf(5), Quoted strings): blanks separate, double quotes
 * join, and a backslash takes the meaning from the character behind it.
 */
final class WordSplitter {

    private final String line;
    private final List<String> words = new ArrayList<>();
    private final StringBuilder word = new StringBuilder();
    private boolean inWord;

    private WordSplitter(String line) {
        this.line = line;
    }

    static List<String> split(String line) {
        WordSplitter splitter = new WordSplitter(line);
        splitter.run('"');
        return splitter.words;
    }

    /** The words of a command that stands in one word: single quotes join there. */
    static List<String> splitCommand(String command) {
        WordSplitter splitter = new WordSplitter(command);
        splitter.run('\'');
        return splitter.words;
    }

    private void run(char quote) {
        boolean quoted = false;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == quote) {
                quoted = !quoted;
                inWord = true;
            } else if (c == '\\' && i + 1 < line.length() && quote == '"') {
                i++;
                take(line.charAt(i));
            } else if (!quoted && (c == ' ' || c == '\t')) {
                endWord();
            } else {
                take(c);
            }
        }
        endWord();
    }

    private void take(char c) {
        word.append(c);
        inWord = true;
    }

    private void endWord() {
        if (inWord) {
            words.add(word.toString());
            word.setLength(0);
            inWord = false;
        }
    }
}
