// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.health.HealthCheckConfig.Dns;
import io.mainstay.health.HealthCheckConfig.DnsType;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class DnsDialogueTest {

    private static final int ID = 0xABCD;

    private static final String QUESTION = "03 777777 07 6578616d706c65 03 6f7267 00 0001 0001";

    /** An A record for the name of the question. */
    private static final String RECORD = "c00c 0001 0001 0000003c 0004 c0000207";

    private static byte[] octets(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    private static DnsDialogue dialogue(String name, DnsType type, String address) {
        return new DnsDialogue(new Dns(name, type, address), ID);
    }

    private static @Nullable Finding answer(String hex) {
        return dialogue("www.example.org", DnsType.A, "").onOctets(octets(hex));
    }

    @Test
    void theQuestionIsOneOfRfc1035() {
        assertThat(dialogue("www.example.org", DnsType.A, "").opening())
                .isEqualTo(octets("abcd 0100 0001 0000 0000 0000" + QUESTION));
        assertThat(dialogue("www.example.org.", DnsType.A, "").opening())
                .isEqualTo(octets("abcd 0100 0001 0000 0000 0000" + QUESTION));
        assertThat(dialogue(".", DnsType.NS, "").opening())
                .isEqualTo(octets("abcd 0100 0001 0000 0000 0000 00 0002 0001"));
    }

    @Test
    void anAnswerWithARecordPasses() {
        assertThat(answer("abcd 8180 0001 0001 0000 0000" + QUESTION + RECORD))
                .isEqualTo(Finding.passed("DNS answer for www.example.org A: 192.0.2.7"));
    }

    @Test
    void recordsOfOtherTypesAreNoAnswer() {
        String alias = "c00c 0005 0001 0000003c 0002 c010";
        assertThat(answer("abcd 8180 0001 0001 0000 0000" + QUESTION + alias))
                .isEqualTo(
                        Finding.failed("DNS answer for www.example.org A without a record (expected: one at least)"));
        assertThat(answer("abcd 8180 0001 0002 0000 0000" + QUESTION + alias + RECORD))
                .isEqualTo(Finding.passed("DNS answer for www.example.org A: 192.0.2.7"));
    }

    @Test
    void theAddressThatIsExpectedMustBeAmongThem() {
        String both = "abcd 8180 0001 0002 0000 0000" + QUESTION + RECORD + RECORD.replace("0207", "0208");
        assertThat(dialogue("www.example.org", DnsType.A, "192.0.2.8").onOctets(octets(both)))
                .isEqualTo(Finding.passed("DNS answer for www.example.org A: 192.0.2.7, 192.0.2.8"));
        assertThat(dialogue("www.example.org", DnsType.A, "192.0.2.9").onOctets(octets(both)))
                .isEqualTo(
                        Finding.failed("DNS answer for www.example.org A: 192.0.2.7, 192.0.2.8 (expected: 192.0.2.9)"));
    }

    @Test
    void anErrorFailsByItsName() {
        assertThat(answer("abcd 8182 0001 0000 0000 0000" + QUESTION))
                .isEqualTo(Finding.failed("DNS SERVFAIL for www.example.org A (expected: NOERROR)"));
        assertThat(answer("abcd 818f 0000 0000 0000 0000"))
                .isEqualTo(Finding.failed("DNS RCODE 15 for www.example.org A (expected: NOERROR)"));
    }

    @Test
    void whatIsNoAnswerToThisQuestionIsWaitedOut() {
        assertThat(answer("abce 8180 0001 0001 0000 0000" + QUESTION + RECORD)).isNull();
        assertThat(answer("abcd 0100 0001 0000 0000 0000" + QUESTION)).isNull();
        assertThat(answer("abcd")).isNull();
    }

    @Test
    void aTruncatedAnswerIsOne() {
        assertThat(answer("abcd 8380 0001 0000 0000 0000" + QUESTION))
                .isEqualTo(Finding.passed("DNS answer for www.example.org A, truncated"));
    }

    @Test
    void anAnswerThatCannotBeReadFails() {
        assertThat(answer("abcd 8180 0001 0001 0000 0000" + QUESTION + "c00c 0001 0001 0000003c 0004 c000"))
                .isEqualTo(Finding.failed(
                        "DNS answer for www.example.org A cannot be read (expected: a message of RFC 1035)"));
        assertThat(answer("abcd 8180 0001 0001 0000 0000" + QUESTION + "c00c 0001 0001 0000003c 0003 c00002"))
                .isEqualTo(Finding.failed(
                        "DNS answer for www.example.org A cannot be read (expected: a message of RFC 1035)"));
    }

    @Test
    void silenceFails() {
        assertThat(dialogue("x", DnsType.MX, "").onSilence(Duration.ofSeconds(3)))
                .isEqualTo(Finding.failed("no DNS answer for x MX within 3s"));
    }

    @Test
    @Tag("property")
    void noAnswerMakesTheReaderThrow() {
        byte[] good = octets("abcd 8180 0001 0001 0000 0000" + QUESTION + RECORD);
        for (long seed = 1; seed <= 5000; seed++) {
            Random random = new Random(seed);
            byte[] octets = good.clone();
            for (int i = 0; i <= random.nextInt(5); i++) {
                octets[4 + random.nextInt(octets.length - 4)] = (byte) random.nextInt(256);
            }
            Finding finding = dialogue("www.example.org", DnsType.A, "").onOctets(octets);
            assertThat(finding).as("seed %d", seed).isNotNull();
        }
    }
}
