// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Finds the word that somebody probably meant. */
final class NearestWord {

    private NearestWord() {}

    /** The candidate that differs least from the word; empty if all differ by more than a slip or two. */
    static Optional<String> to(String word, Collection<String> candidates) {
        if (word.length() > 64) {
            return Optional.empty();
        }
        return candidates.stream()
                .filter(candidate -> distance(word, candidate) <= tolerance(word, candidate))
                .min(Comparator.comparingInt((String candidate) -> distance(word, candidate))
                        .thenComparing(Comparator.naturalOrder()));
    }

    private static int tolerance(String word, String candidate) {
        // A word cut short, such as prio for priority, is as good as two slips.
        if (word.length() >= 3 && candidate.startsWith(word)) {
            return candidate.length();
        }
        return Math.max(1, Math.min(3, Math.max(word.length(), candidate.length()) / 3));
    }

    /** Insertions, deletions, replacements and swaps of neighbours between two words; case counts nothing. */
    private static int distance(String a, String b) {
        int[][] table = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    table[i][j] = i + j;
                    continue;
                }
                int replaced = table[i - 1][j - 1] + (same(a, i - 1, b, j - 1) ? 0 : 1);
                int best = Math.min(replaced, 1 + Math.min(table[i - 1][j], table[i][j - 1]));
                if (i > 1 && j > 1 && same(a, i - 1, b, j - 2) && same(a, i - 2, b, j - 1)) {
                    best = Math.min(best, table[i - 2][j - 2] + 1);
                }
                table[i][j] = best;
            }
        }
        return table[a.length()][b.length()];
    }

    private static boolean same(String a, int i, String b, int j) {
        return Character.toLowerCase(a.charAt(i)) == Character.toLowerCase(b.charAt(j));
    }
}
