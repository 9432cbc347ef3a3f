// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

import static io.mainstay.migrate.SampleImport.imported;
import static io.mainstay.migrate.SampleImport.notes;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The examples are those of keepalived.conf(5), which tells what they produce. */
class RepetitionTest {

    private static List<String> values(String head) {
        return Repetition.of(head).orElseThrow().rounds().stream()
                .flatMap(round -> round.values().stream())
                .toList();
    }

    @Test
    void aSequenceCountsFromItsFirstNumberToItsLast() {
        assertThat(values("~SEQ(SUBNET, 0, 3)")).containsExactly("0", "1", "2", "3");
        assertThat(values("~SEQ(N,3)")).containsExactly("1", "2", "3");
        assertThat(values("~SEQ(N,-2)")).containsExactly("-1", "-2");
        assertThat(values("~SEQ(N,7,-3,0)")).containsExactly("7", "4", "1");
    }

    @Test
    void oneWithAnXCountsInHexadecimal() {
        assertThat(values("~SEQx(SUBNET, 144, 16, 192)")).containsExactly("90", "a0", "b0", "c0");
        assertThat(values("~SEQx(SUBNET, 0x90, 0x10, 0xc0)")).containsExactly("90", "a0", "b0", "c0");
    }

    @Test
    void aListGivesOneParameterOrSeveral() {
        assertThat(values("~LST(HOST, a, b.example)")).containsExactly("a", "b.example");
        assertThat(Repetition.of("~LST({IP, IP1}, {10,1},{20,4})").orElseThrow().rounds())
                .containsExactly(Map.of("IP", "10", "IP1", "1"), Map.of("IP", "20", "IP1", "4"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "~SEQ()",
                "~SEQ(N)",
                "~SEQ(N,)",
                "~SEQ(N,1,0,5)",
                "~SEQ(N,1,-1,5)",
                "~SEQ(N,1,2,3,4)",
                "~SEQ(N,1,2000000000)",
                "~SEQ(N,99999999999)",
                "~SEQ(1,2)",
                "~LST()",
                "~LST(N)",
                "~LST({A,B},{1})",
                "~LST({A,B},{1,2)",
                "~LST(1,2)",
            })
    void whatCannotBeUnderstoodIsNone(String head) {
        assertThat(Repetition.of(head)).isEmpty();
    }

    private static List<String> addresses(String lines) {
        KeepalivedImport imported = imported("vrrp_instance one {\ninterface eth0\nversion 3\nvirtual_router_id 7\n"
                + "virtual_ipaddress {\n" + lines + "\n}\n}\n");
        Matcher address = Pattern.compile("(?m)^ +- ([0-9a-f.:]+)/[0-9]+$").matcher(imported.yaml());
        List<String> found = new ArrayList<>();
        while (address.find()) {
            found.add(address.group(1));
        }
        return found;
    }

    @Test
    void theRestOfTheLineIsReadForEachAndMayHoldMore() {
        assertThat(addresses("~SEQ(SUBNET, 1, 2) ~LST(HOST, 4, 9) 10.0.${SUBNET}.${HOST}"))
                .containsExactly("10.0.1.4", "10.0.1.9", "10.0.2.4", "10.0.2.9");
    }

    @Test
    void boundsAndTheRestMayBeParameters() {
        assertThat(addresses("$LAST=2\n$ONE= \\\n10.0.0.${N} \\\n10.0.1.${N}\n~SEQ(N,1,$LAST) $ONE"))
                .containsExactly("10.0.0.1", "10.0.1.1", "10.0.0.2", "10.0.1.2");
    }

    @Test
    void whatCannotBeRepeatedIsTold() {
        assertThat(notes(imported("~SEQ(N,1,0,5) vrrp_instance x {\n}\n")))
                .contains(
                        "keepalived.conf:1 ~SEQ(N,1,0,5) vrrp_instance x {: not mapped: it cannot be told how often to"
                                + " read it (expected: ~SEQ(NAME, FIRST, STEP, LAST) or ~LST(NAME, VALUE, ...))");
    }

    @Test
    void whatWouldNeverEndIsCut() {
        assertThat(notes(imported("~SEQ(A,60000) ~SEQ(B,60000) ~SEQ(C,60000) x\n")))
                .anyMatch(note -> note.contains("too long from here on"));
    }

    @Test
    void whatKeepalivedDefinesItselfIsDefinedHereToo() {
        KeepalivedImport imported = imported("""
                vrrp_instance one {
                    interface eth0
                    version 3
                    virtual_router_id 7
                    virtual_ipaddress { 198.51.100.10 }
                    track_file { state.${_INSTANCE}
                    }
                }
                track_file state.lb1 {
                    file /etc/${_PWD}/state${_HASH}1${_BANG}
                }
                """, Optional.of("lb1"));
        assertThat(imported.yaml()).contains("/etc/./state#1!");
    }
}
