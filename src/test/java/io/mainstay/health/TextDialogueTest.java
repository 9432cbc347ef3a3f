// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.health.HealthCheckConfig.Tcp;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class TextDialogueTest {

    private static final Duration TIMEOUT = Duration.ofSeconds(3);

    private static TextDialogue dialogue(String send, String expect) {
        return new TextDialogue(new Tcp(new Payload(send), new Payload(expect)));
    }

    private static byte[] octets(String text) {
        return text.getBytes(US_ASCII);
    }

    @Test
    void aConnectionIsEnoughWhereNothingIsSaid() {
        assertThat(dialogue("", "").onOpen()).isEqualTo(Finding.passed("connected"));
    }

    @Test
    void whatIsSentWantsAnAnswer() {
        TextDialogue dialogue = dialogue("PING\r\n", "");
        assertThat(dialogue.onOpen()).isNull();
        assertThat(dialogue.opening()).isEqualTo(octets("PING\r\n"));
        assertThat(dialogue.onOctets(octets("+PONG\r\n"))).isEqualTo(Finding.passed("answer: +PONG\\r\\n"));
    }

    @Test
    void theAnswerMayComeInPieces() {
        TextDialogue dialogue = dialogue("", "220 ");
        assertThat(dialogue.onOpen()).isNull();
        assertThat(dialogue.onOctets(octets("22"))).isNull();
        assertThat(dialogue.onOctets(octets("0 mail\r\n"))).isEqualTo(Finding.passed("answer: 220 mail\\r\\n"));
    }

    @Test
    void anotherAnswerFailsWhenNoMoreOfItComes() {
        Finding wrong = Finding.failed("answer: 554 no\\r\\n (expected: one with 220)");
        TextDialogue ended = dialogue("", "220");
        assertThat(ended.onOctets(octets("554 no\r\n"))).isNull();
        assertThat(ended.onEnd()).isEqualTo(wrong);
        TextDialogue silent = dialogue("", "220");
        assertThat(silent.onOctets(octets("554 no\r\n"))).isNull();
        assertThat(silent.onSilence(TIMEOUT)).isEqualTo(wrong);
    }

    @Test
    void anAnswerWithoutEndIsGivenUp() {
        TextDialogue dialogue = dialogue("", "220");
        assertThat(dialogue.onOctets(new byte[TextDialogue.MOST - 1])).isNull();
        assertThat(dialogue.onOctets(new byte[10]))
                .isEqualTo(Finding.failed("answer: " + ".".repeat(40) + "… (expected: one with 220)"));
    }

    @Test
    void noAnswerFails() {
        assertThat(dialogue("x", "").onEnd()).isEqualTo(Finding.failed("connection closed before an answer"));
        assertThat(dialogue("x", "").onSilence(TIMEOUT)).isEqualTo(Finding.failed("no answer within 3s"));
    }

    @Test
    void aDatagramIsJudgedAsAWhole() {
        DatagramDialogue dialogue =
                new DatagramDialogue(new HealthCheckConfig.Udp(new Payload("x"), new Payload("y"), true));
        assertThat(dialogue.onOctets(octets("xy"))).isEqualTo(Finding.passed("answer: xy"));
        assertThat(dialogue.onOctets(octets("xx"))).isEqualTo(Finding.failed("answer: xx (expected: one with y)"));
        assertThat(dialogue.onSilence(TIMEOUT)).isEqualTo(Finding.failed("no answer within 3s"));
        DatagramDialogue quiet = new DatagramDialogue(new HealthCheckConfig.Udp(new Payload("x"), Payload.NONE, false));
        assertThat(quiet.onSilence(TIMEOUT)).isEqualTo(Finding.passed("not refused within 3s"));
    }
}
