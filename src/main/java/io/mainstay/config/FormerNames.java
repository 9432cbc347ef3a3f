// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What keys were called in the minor version before: a configuration of that version is accepted, with a note.
 *
 * @param names the present name by the former path without numbers, such as {@code services.balance_by} to {@code balance}; a
 *     key stays in its section
 */
record FormerNames(Map<String, String> names) {

    FormerNames {
        names = Map.copyOf(names);
    }

    /** The key of a section that was written by its former path, such as {@code services[0].balance_by}. */
    Optional<Key> keyAt(String path, List<Key> keys) {
        String present = names.get(path.replaceAll("\\[[0-9]+]", ""));
        return keys.stream().filter(key -> key.name().equals(present)).findFirst();
    }
}
