// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

import java.util.List;

/** Finds the files that an {@code include} names. */
public interface Includes {

    /**
     * The files of a pattern of glob(7), in the order of their names.
     *
     * @param pattern as it is written
     * @param from the file that includes them; a relative pattern counts from its directory
     * @return none if there are none that can be read
     */
    List<SourceText> find(String pattern, String from);

    /** Nothing can be included. */
    static Includes none() {
        return (pattern, from) -> List.of();
    }
}
