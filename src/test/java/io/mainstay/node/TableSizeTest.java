// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TableSizeTest {

    /** The kernel's buckets: the next power of two. */
    private static int buckets(int entries) {
        return entries == Integer.highestOneBit(entries) ? entries : 2 * Integer.highestOneBit(entries);
    }

    @ParameterizedTest
    @CsvSource({
        "262144, 262145",
        "262143, 262145",
        "200000, 262145",
        "196608, 262145",
        "196607, 196607",
        "140000, 140000",
        "2048, 2049",
        "33554432, 33554433"
    })
    void aTableThatWouldBeMoreThanThreeQuartersFullHasTwiceTheBuckets(int wanted, int entries) {
        assertThat(TableSize.entries(wanted)).isEqualTo(entries);
        assertThat(entries).isBetween(wanted, wanted + wanted / 3 + 1);
        assertThat((double) wanted / buckets(entries)).isLessThan(0.75);
    }
}
