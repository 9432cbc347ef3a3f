// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

import java.util.List;
import java.util.Optional;

/**
 * A directive of keepalived.conf: its words, and what stands between its braces.
 *
 * @param origin where it stands
 * @param words at least one; quotes are taken off
 * @param block the directives between its braces; none if it has no braces
 */
record Directive(Origin origin, List<String> words, List<Directive> block) {

    private static final int LONGEST_SHOWN = 60;

    Directive {
        words = List.copyOf(words);
        block = List.copyOf(block);
    }

    String name() {
        return words.getFirst();
    }

    /** The word after the name, or an empty one. */
    String argument() {
        return word(1);
    }

    /** The word of that number, the name being 0; empty if there are fewer. */
    String word(int number) {
        return number < words.size() ? words.get(number) : "";
    }

    /** The words after the name. */
    List<String> arguments() {
        return words.subList(1, words.size());
    }

    /** The last directive of that name in the block: keepalived lets the last one win. */
    Optional<Directive> find(String name) {
        return block.stream().filter(each -> each.name().equals(name)).reduce((first, last) -> last);
    }

    /** What messages show of it. */
    String shown() {
        boolean secret = name().equals("auth_pass") || name().equals("key") || name().equals("password");
        String text = secret ? name() + " ***" : String.join(" ", words);
        StringBuilder shown = new StringBuilder();
        text.codePoints()
                .limit(LONGEST_SHOWN)
                .map(c -> Character.isISOControl(c) || Character.getType(c) == Character.FORMAT ? ' ' : c)
                .forEach(shown::appendCodePoint);
        return text.codePointCount(0, text.length()) > LONGEST_SHOWN
                ? shown.append('…').toString()
                : shown.toString();
    }
}
