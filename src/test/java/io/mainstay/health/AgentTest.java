// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class AgentTest {

    private static AgentState after(String... lines) {
        AgentState state = AgentState.INITIAL;
        for (String line : lines) {
            state = state.after(AgentReport.parse(line));
        }
        return state;
    }

    @Test
    void eachWordChangesWhatItIsAbout() {
        assertThat(after("75%")).isEqualTo(new AgentState(75, 0, false, false, ""));
        assertThat(after("maxconn:30")).isEqualTo(new AgentState(100, 30, false, false, ""));
        assertThat(after("drain")).isEqualTo(new AgentState(100, 0, true, false, ""));
        assertThat(after("down")).isEqualTo(new AgentState(100, 0, false, true, ""));
        assertThat(after("stopped, maint\t50%  maxconn:5 # going home "))
                .isEqualTo(new AgentState(50, 5, true, true, "going home"));
    }

    @Test
    void itHoldsUntilTheAgentSaysOtherwise() {
        assertThat(after("drain down 10% maxconn:3", "80%")).isEqualTo(new AgentState(80, 3, true, true, ""));
        assertThat(after("drain down", "ready")).isEqualTo(new AgentState(100, 0, false, true, ""));
        assertThat(after("drain down", "up ready")).isEqualTo(AgentState.INITIAL);
        assertThat(after("maxconn:3", "maxconn:0")).isEqualTo(AgentState.INITIAL);
    }

    @Test
    void aBackendCanOnlyAskForLess() {
        assertThat(after("250%").percent()).isEqualTo(100);
        assertThat(after("0%").percent()).isZero();
    }

    @Test
    void whatIsNotUnderstoodIsPassedOver() {
        assertThat(AgentReport.parse("hello -5% x% % maxconn: maxconn:x 99999999999%")
                        .saysSomething())
                .isFalse();
        assertThat(after("weird 40% words").percent()).isEqualTo(40);
        assertThat(AgentReport.parse("# up").saysSomething()).isFalse();
        assertThat(AgentReport.parse("UP").saysSomething()).isTrue();
    }

    @Test
    void theDialogueEndsWithTheLine() {
        AgentDialogue dialogue = new AgentDialogue(new Payload("web\n"));
        assertThat(dialogue.opening()).isEqualTo("web\n".getBytes(US_ASCII));
        assertThat(dialogue.onOctets("up ".getBytes(US_ASCII))).isNull();
        assertThat(dialogue.onOctets("75%\r\nmore".getBytes(US_ASCII))).isEqualTo(Finding.passed("up 75%"));
    }

    @Test
    void aLineWithoutEndCountsWhenTheConnectionEnds() {
        AgentDialogue ended = new AgentDialogue(Payload.NONE);
        assertThat(ended.onOctets("drain".getBytes(US_ASCII))).isNull();
        assertThat(ended.onEnd()).isEqualTo(Finding.passed("drain"));
        assertThat(new AgentDialogue(Payload.NONE).onEnd()).isEqualTo(Finding.failed("the agent has said nothing"));
        assertThat(new AgentDialogue(Payload.NONE).onSilence(Duration.ofSeconds(1)))
                .isEqualTo(Finding.failed("the agent has said nothing within 1s"));
    }

    @Test
    void anAnswerWithoutAWordThatIsKnownIsNone() {
        AgentDialogue dialogue = new AgentDialogue(Payload.NONE);
        assertThat(dialogue.onOctets("SSH-2.0\n".getBytes(US_ASCII)))
                .isEqualTo(Finding.failed("the agent has said SSH-2.0 (expected: such as 75%, drain, down or ready)"));
    }
}
