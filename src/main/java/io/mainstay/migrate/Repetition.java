// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What has a text of keepalived.conf read several times (keepalived.conf(5), Sequence blocks and List blocks): {@code ~SEQ},
 * {@code ~SEQx} and {@code ~LST}.
 *
 * @param rounds the parameters of each time
 */
record Repetition(List<Map<String, String>> rounds) {

    private static final int MOST_ROUNDS = 65_536;

    private static final String NAME = "[A-Za-z_][A-Za-z0-9_]*";
    private static final Pattern SEQUENCE =
            Pattern.compile("~SEQ(x?)\\(\\s*(" + NAME + ")\\s*,(.*)\\)", Pattern.DOTALL);
    private static final Pattern LIST = Pattern.compile("~LST\\((.*)\\)", Pattern.DOTALL);
    private static final Pattern LIST_ELEMENT = Pattern.compile("\\s*(?:\\{([^{}]*)\\}|([^,{}]*))\\s*(?:,|$)");

    Repetition {
        rounds = List.copyOf(rounds);
    }

    /** Whether a line begins with one. */
    static boolean begins(String line) {
        return line.startsWith("~SEQ") || line.startsWith("~LST");
    }

    /**
     * Reads one.
     *
     * @param head the line up to its first closing parenthesis
     * @return empty if it cannot be understood, or is too long
     */
    static Optional<Repetition> of(String head) {
        Matcher sequence = SEQUENCE.matcher(head);
        if (sequence.matches()) {
            return sequence(
                    sequence.group(2), sequence.group(3), sequence.group(1).isEmpty() ? 10 : 16);
        }
        Matcher list = LIST.matcher(head);
        return list.matches() ? list(list.group(1)) : Optional.empty();
    }

    /** {@code end}, {@code start, end} or {@code start, step, end}, as strtol(3) reads numbers without a base. */
    private static Optional<Repetition> sequence(String parameter, String bounds, int base) {
        List<Integer> numbers = new ArrayList<>();
        try {
            for (String bound : bounds.split(",", -1)) {
                numbers.add(Integer.decode(bound.strip()));
            }
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
        long end = numbers.getLast();
        long start = numbers.size() > 1 ? numbers.getFirst() : end < 0 ? -1 : 1;
        long step = numbers.size() == 3 ? numbers.get(1) : end < start ? -1 : 1;
        if (numbers.size() > 3 || step == 0 || (end - start) / step < 0 || (end - start) / step >= MOST_ROUNDS) {
            return Optional.empty();
        }
        List<Map<String, String>> rounds = new ArrayList<>();
        for (long value = start; step > 0 ? value <= end : value >= end; value += step) {
            rounds.add(Map.of(parameter, Long.toString(value, base)));
        }
        return Optional.of(new Repetition(rounds));
    }

    /** The parameter and its values, or several of both in braces. */
    private static Optional<Repetition> list(String content) {
        List<List<String>> elements = new ArrayList<>();
        Matcher element = LIST_ELEMENT.matcher(content);
        int at = 0;
        while (at < content.length() && element.find(at) && element.start() == at) {
            elements.add(words(Optional.ofNullable(element.group(1)).orElse(element.group(2))));
            at = element.end();
        }
        if (at < content.length() || elements.size() < 2) {
            return Optional.empty();
        }
        List<String> names = elements.removeFirst();
        List<Map<String, String>> rounds = new ArrayList<>();
        for (List<String> values : elements) {
            if (values.size() != names.size()) {
                return Optional.empty();
            }
            Map<String, String> round = new HashMap<>();
            for (int i = 0; i < names.size(); i++) {
                round.put(names.get(i), values.get(i));
            }
            rounds.add(round);
        }
        return names.stream().allMatch(name -> name.matches(NAME))
                ? Optional.of(new Repetition(rounds))
                : Optional.empty();
    }

    private static List<String> words(String element) {
        return List.of(element.split(",", -1)).stream().map(String::strip).toList();
    }
}
