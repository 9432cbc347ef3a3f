// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import java.util.Map;
import java.util.TreeMap;

/** Which parts of an array are in use: first fit. Used by one thread. */
final class TableSpace {

    private final int size;
    private final TreeMap<Integer, Integer> used = new TreeMap<>();

    TableSpace(int size) {
        this.size = size;
    }

    /** Marks a part as used that was found in use. */
    void occupy(int first, int length) {
        used.merge(first, length, Math::max);
    }

    /** The first index of a free part of that length; -1: there is none. */
    int take(int length) {
        int at = 0;
        for (Map.Entry<Integer, Integer> part : used.entrySet()) {
            if (part.getKey() - at >= length) {
                break;
            }
            at = Math.max(at, part.getKey() + part.getValue());
        }
        if (size - at < length) {
            return -1;
        }
        used.put(at, length);
        return at;
    }

    void giveBack(int first) {
        used.remove(first);
    }
}
