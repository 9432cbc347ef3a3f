// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

/**
 * For how many entries a hash of the data path is made. The kernel gives it as many buckets as the next power of two
 * (kernel/bpf/hashtab.c), and each entry that stands before a flow in its bucket is memory that is not in the cache: in a table
 * of 100,000 flows a look costs a fifth less with twice the buckets (native/bpf/README.md). One entry more than a power of two
 * doubles them, at 16 octets each.
 */
final class TableSize {

    private TableSize() {}

    /**
     * Entries that make a table quick to look into even when it is full.
     *
     * @param wanted that there is to be room for, 1 to 2^30
     * @return these or up to a third more
     */
    static int entries(int wanted) {
        int power = Integer.highestOneBit(wanted);
        if (wanted == power) {
            return power + 1;
        }
        return wanted - power < power / 2 ? wanted : 2 * power + 1;
    }
}
