// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HumanTextTest {

    @ParameterizedTest
    @CsvSource({
        "-5, 0ms",
        "0, 0ms",
        "999, 999ms",
        "1000, 1s",
        "1099, 1s",
        "4200, 4.2s",
        "9999, 9.9s",
        "10500, 10s",
        "59999, 59s",
        "60000, 1m00s",
        "123000, 2m03s",
        "3599999, 59m59s",
        "3600000, 1h00m",
        "86399999, 23h59m",
        "86400000, 1d00h",
        "8640000000, 100d00h"
    })
    void aDurationHasItsTwoLargestUnits(long millis, String text) {
        assertThat(HumanText.duration(Duration.ofMillis(millis))).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0 B",
        "1023, 1023 B",
        "1024, 1.0 KiB",
        "1535, 1.4 KiB",
        "1536, 1.5 KiB",
        "1048575, 1023.9 KiB",
        "1048576, 1.0 MiB",
        "1234567890123, 1.1 TiB",
        "9223372036854775807, 7.9 EiB"
    })
    void aSizeHasOneDecimal(long octets, String text) {
        assertThat(HumanText.size(octets)).isEqualTo(text);
    }

    @Test
    void aTimeHasMilliseconds() {
        assertThat(HumanText.time(Instant.parse("2026-01-02T03:04:05.006789Z"), ZoneOffset.UTC))
                .isEqualTo("2026-01-02 03:04:05.006");
    }

    @Test
    void aClockThatWasSetBackGivesNoNegativeAge() {
        assertThat(HumanText.ago(Instant.parse("2026-01-02T00:00:01Z"), Instant.parse("2026-01-02T00:00:00Z")))
                .isEqualTo("0ms");
    }

    @Test
    void controlCharactersAreBlankedOut() {
        assertThat(HumanText.printable("a\u001b[31mb\u0007\nc\u009bd\u007fé✓")).isEqualTo("a [31mb  c d é✓");
        assertThat(HumanText.printable("plain é✓")).isEqualTo("plain é✓");
    }

    @Test
    void columnsAreAlignedWhateverTheColours() {
        Table table = new Table("NAME", "STATE", "NOTE");
        table.row("a", new Table.Cell("UP", Colour.GOOD), "");
        table.row("long name é", new Table.Cell("DOWN", Colour.BAD), "any length");
        StringWriter plain = new StringWriter();
        table.print(new PrintWriter(plain), false);
        assertThat(plain).hasToString("""
                NAME         STATE  NOTE
                a            UP     -
                long name é  DOWN   any length
                """);
        StringWriter coloured = new StringWriter();
        table.print(new PrintWriter(coloured), true);
        assertThat(coloured.toString().replaceAll("\u001b\\[[0-9]+m", "")).isEqualTo(plain.toString());
        assertThat(coloured.toString()).contains("\u001b[32mUP\u001b[0m     -");
    }
}
