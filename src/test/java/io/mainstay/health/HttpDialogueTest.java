// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.health.HealthCheckConfig.Http;
import io.mainstay.net.Endpoint;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpDialogueTest {

    private static final Http ANY = new Http("/health", "", 200, 399);
    private static final Http FINE = withBody("fine");

    private static Http withBody(String expect) {
        return new Http("GET", "/", "", List.of(), 200, 399, new Payload(expect), Optional.empty());
    }

    private static HttpDialogue dialogue(Http probe) {
        return new HttpDialogue(probe, Endpoint.parse("198.18.0.11:8080"));
    }

    private static @Nullable Finding answer(Http probe, String... parts) {
        HttpDialogue dialogue = dialogue(probe);
        Finding finding = null;
        for (String part : parts) {
            finding = dialogue.onOctets(part.getBytes(ISO_8859_1));
        }
        return finding;
    }

    private static Finding answerAndEnd(Http probe, String answer) {
        HttpDialogue dialogue = dialogue(probe);
        Finding finding = dialogue.onOctets(answer.getBytes(ISO_8859_1));
        return finding == null ? dialogue.onEnd() : finding;
    }

    @Test
    void theRequestIsAGetOfThePathForTheAddress() {
        assertThat(new String(dialogue(ANY).opening(), UTF_8))
                .isEqualTo(String.join(
                        "\r\n",
                        "GET /health HTTP/1.1",
                        "Host: 198.18.0.11:8080",
                        "User-Agent: mainstay-health-check",
                        "Accept: */*",
                        "Connection: close",
                        "",
                        ""));
    }

    @Test
    void theRequestBearsWhatIsConfigured() {
        Http probe = new Http(
                "OPTIONS",
                "*",
                "shop.example",
                List.of("X-Check: yes", "Authorization: Bearer x"),
                200,
                200,
                Payload.NONE,
                Optional.empty());
        assertThat(new String(dialogue(probe).opening(), UTF_8))
                .startsWith("OPTIONS * HTTP/1.1\r\nHost: shop.example\r\n")
                .endsWith("\r\nX-Check: yes\r\nAuthorization: Bearer x\r\n\r\n");
    }

    @Test
    void aStatusInTheRangePassesAsSoonAsItIsThere() {
        assertThat(answer(ANY, "HTTP/1.1 20")).isNull();
        assertThat(answer(ANY, "HTTP/1.1 20", "4 No Content\r\n")).isEqualTo(Finding.passed("HTTP status 204"));
        assertThat(answer(ANY, "HTTP/1.0 399\n")).isEqualTo(Finding.passed("HTTP status 399"));
    }

    @Test
    void aStatusOutsideTheRangeFails() {
        assertThat(answer(ANY, "HTTP/1.1 503 Service Unavailable\r\n"))
                .isEqualTo(Finding.failed("HTTP status 503 (expected: 200..399)"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "HTTP/1.1",
                "HTTP/1.1 20",
                "HTTP/1.1 2000 OK",
                "HTTP/2 200 OK",
                "HTTP/1.x 200 OK",
                "SSH-2.0-x"
            })
    void anythingElseIsNoStatus(String line) {
        assertThat(answer(ANY, line + "\r\n"))
                .isEqualTo(Finding.failed("answer: " + line + " (expected: HTTP/1.1 and a status)"));
    }

    @Test
    void onlyPrintableCharactersAreShownAndNotManyOfThem() {
        assertThat(answer(ANY, "SSH\u0007\u00e9" + "x".repeat(200) + "\r\n"))
                .isEqualTo(Finding.failed("answer: SSH.." + "x".repeat(35) + "… (expected: HTTP/1.1 and a status)"));
    }

    @Test
    void aLineWithoutEndIsCutOff() {
        assertThat(answer(ANY, "x".repeat(10_000)))
                .isEqualTo(Finding.failed("answer: " + "x".repeat(40) + "… (expected: lines of HTTP)"));
    }

    @Test
    void anInterimAnswerIsWaitedOut() {
        assertThat(answer(ANY, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")).isNull();
        assertThat(answer(ANY, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"))
                .isEqualTo(Finding.passed("HTTP status 200"));
    }

    @Test
    void theBodyIsSearchedHoweverItComes() {
        Finding found = Finding.passed("HTTP status 200, body with fine");
        assertThat(answer(FINE, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nall f", "ine\n"))
                .isEqualTo(found);
        assertThat(answer(
                        FINE, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nall f\r\n003\r\nine\r\n"))
                .isEqualTo(found);
        assertThat(answer(FINE, "HTTP/1.0 200 OK\r\n\r\nall fine")).isEqualTo(found);
    }

    @Test
    void aBodyThatIsOverWithoutItFails() {
        Finding lacking = Finding.failed("HTTP status 200, body all bad (expected: one with fine)");
        assertThat(answer(FINE, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nall bad"))
                .isEqualTo(lacking);
        assertThat(answer(FINE, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nall bad\r\n0\r\n\r\n"))
                .isEqualTo(lacking);
        assertThat(answerAndEnd(FINE, "HTTP/1.1 200 OK\r\n\r\nall bad")).isEqualTo(lacking);
        assertThat(answer(FINE, "HTTP/1.1 204 No Content\r\n\r\n"))
                .isEqualTo(Finding.failed("HTTP status 204, body  (expected: one with fine)"));
    }

    @Test
    void whatStandsInTheHeadersIsNotTheBody() {
        assertThat(answer(FINE, "HTTP/1.1 200 OK\r\nX: fine\r\nContent-Length: 2\r\n\r\nno"))
                .isEqualTo(Finding.failed("HTTP status 200, body no (expected: one with fine)"));
    }

    @Test
    void aWrongStatusFailsWhateverTheBody() {
        assertThat(answer(FINE, "HTTP/1.1 500 x\r\nContent-Length: 4\r\n\r\nfine"))
                .isEqualTo(Finding.failed("HTTP status 500 (expected: 200..399)"));
    }

    @Test
    void aBodyOfAnyLengthIsReadAndNotAllOfItKept() {
        HttpDialogue dialogue = dialogue(FINE);
        Finding finding = dialogue.onOctets("HTTP/1.1 200 OK\r\n\r\n".getBytes(ISO_8859_1));
        for (int i = 0; i < 64 && finding == null; i++) {
            finding = dialogue.onOctets(new byte[1024]);
        }
        assertThat(finding)
                .isEqualTo(Finding.failed("HTTP status 200, body " + ".".repeat(40) + "… (expected: one with fine)"));
    }

    @Test
    void aLengthThatIsNoneFails() {
        assertThat(answer(FINE, "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"))
                .isEqualTo(Finding.failed("answer with the length many (expected: a number)"));
        assertThat(answer(FINE, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n"))
                .isEqualTo(Finding.failed("answer with the length -5 (expected: a number)"));
    }

    @Test
    void anEndBeforeTheAnswerFails() {
        assertThat(dialogue(ANY).onEnd()).isEqualTo(Finding.failed("connection closed before an answer"));
        assertThat(answerAndEnd(ANY, "HTTP/1.1 2")).isEqualTo(Finding.failed("connection closed before an answer"));
        assertThat(answerAndEnd(FINE, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nall"))
                .isEqualTo(Finding.failed("connection closed before the end of the answer"));
    }

    @Test
    void silenceFails() {
        assertThat(dialogue(ANY).onSilence(Duration.ofMillis(2500)))
                .isEqualTo(Finding.failed("no complete answer within 2500ms"));
    }

    @Test
    @Tag("property")
    void itDoesNotMatterInWhichPiecesAnAnswerComes() {
        List<String> answers = List.of(
                "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nall fine.",
                String.join(
                        "\r\n",
                        "HTTP/1.1 100 x",
                        "",
                        "HTTP/1.1 200 OK",
                        "Transfer-Encoding: gzip, chunked",
                        "",
                        "3",
                        "all",
                        "A ",
                        " is fine!!",
                        "0",
                        "",
                        ""),
                "HTTP/1.1 200 OK\nX: y\n\nbad",
                "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnone",
                "HTTP/1.1 404 x\r\n\r\nfine",
                "SSH-2.0\r\n");
        for (long seed = 1; seed <= 500; seed++) {
            Random random = new Random(seed);
            String text = answers.get(random.nextInt(answers.size()));
            Finding whole = answerAndEnd(FINE, text);
            HttpDialogue dialogue = dialogue(FINE);
            byte[] octets = text.getBytes(ISO_8859_1);
            Finding finding = null;
            for (int from = 0; from < octets.length && finding == null; ) {
                int to = Math.min(octets.length, from + 1 + random.nextInt(8));
                finding = dialogue.onOctets(Arrays.copyOfRange(octets, from, to));
                from = to;
            }
            assertThat(finding == null ? dialogue.onEnd() : finding)
                    .as("seed %d: %s", seed, text)
                    .isEqualTo(whole);
        }
    }

    @Test
    @Tag("property")
    void noAnswerMakesTheReaderThrow() {
        String good = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 7\r\n\r\n3\r\nall\r\n0\r\n\r\n";
        for (long seed = 1; seed <= 3000; seed++) {
            Random random = new Random(seed);
            byte[] octets = good.getBytes(ISO_8859_1);
            int changes = 1 + random.nextInt(6);
            for (int i = 0; i < changes; i++) {
                octets[random.nextInt(octets.length)] =
                        (byte) (random.nextBoolean() ? random.nextInt(256) : "\r\n;: 0-f".charAt(random.nextInt(8)));
            }
            assertThat(answerAndEnd(FINE, new String(octets, ISO_8859_1)).detail())
                    .as("seed %d", seed)
                    .isNotEmpty()
                    .doesNotContain("\n");
        }
    }
}
