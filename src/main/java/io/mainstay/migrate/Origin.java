// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

import java.util.Comparator;

/**
 * Where a directive stands.
 *
 * @param file the name of the file as it was given, or as the include statement found it
 * @param line from 1
 */
public record Origin(String file, int line) implements Comparable<Origin> {

    private static final Comparator<Origin> BY_PLACE =
            Comparator.comparing(Origin::file).thenComparingInt(Origin::line);

    @Override
    public int compareTo(Origin other) {
        return BY_PLACE.compare(this, other);
    }

    @Override
    public String toString() {
        return file + ":" + line;
    }
}
