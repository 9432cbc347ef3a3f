// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.health.Finding;
import io.mainstay.health.probe.ProbeOutcome;
import io.netty.channel.embedded.EmbeddedChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** On a clock that stands until it is moved, and without jitter. */
class RepetitionTest {

    /** In the middle between the least and the most jitter. */
    private static final long NO_JITTER = Long.MIN_VALUE;

    private static final Duration INTERVAL = Duration.ofSeconds(10);

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final List<Consumer<ProbeOutcome>> asked = new ArrayList<>();
    private int cancelled;
    private Duration pause = INTERVAL;
    private final Repetition repetition = new Repetition(
            INTERVAL,
            told -> {
                asked.add(told);
                return () -> cancelled++;
            },
            outcome -> pause,
            channel.eventLoop(),
            () -> NO_JITTER);

    @BeforeEach
    void freeze() {
        channel.freezeTime();
    }

    @AfterEach
    void close() {
        assertThat(channel.finish()).isFalse();
    }

    private void pass(Duration duration) {
        channel.advanceTimeBy(duration.toNanos(), TimeUnit.NANOSECONDS);
        channel.runScheduledPendingTasks();
    }

    private void answer(int question, Duration took) {
        asked.get(question).accept(new ProbeOutcome(Finding.passed("x"), List.of(), took));
    }

    @Test
    void theFirstQuestionIsAskedAtOnceAndTheNextAfterTheIntervalFromItsStart() {
        repetition.start();
        pass(Duration.ofMillis(50));
        assertThat(asked).hasSize(1);
        pass(Duration.ofSeconds(2));
        answer(0, Duration.ofSeconds(2));
        pass(Duration.ofMillis(7_999));
        assertThat(asked).hasSize(1);
        pass(Duration.ofMillis(1));
        assertThat(asked).hasSize(2);
    }

    @Test
    void twoQuestionsNeverRunAtTheSameTime() {
        repetition.start();
        pass(Duration.ofMillis(50));
        pass(INTERVAL.multipliedBy(5));
        assertThat(asked).hasSize(1);
        answer(0, INTERVAL.multipliedBy(5));
        pass(Duration.ZERO);
        assertThat(asked).hasSize(2);
    }

    @Test
    void theAnswerDecidesWhenTheNextQuestionIsAsked() {
        repetition.start();
        pass(Duration.ofMillis(50));
        pause = Duration.ofSeconds(1);
        answer(0, Duration.ZERO);
        pass(Duration.ofSeconds(1));
        assertThat(asked).hasSize(2);
        pause = INTERVAL;
        answer(1, Duration.ZERO);
        pass(Duration.ofSeconds(9));
        assertThat(asked).hasSize(2);
    }

    @Test
    void aSecondStartChangesNothing() {
        repetition.start();
        repetition.start();
        pass(Duration.ofMillis(50));
        assertThat(asked).hasSize(1);
    }

    @Test
    void aQuestionUnderWayIsDroppedByAStopAndItsAnswerIgnored() {
        repetition.start();
        pass(Duration.ofMillis(50));
        repetition.stop();
        assertThat(cancelled).isEqualTo(1);
        answer(0, Duration.ZERO);
        pass(INTERVAL.multipliedBy(3));
        assertThat(asked).hasSize(1);
        repetition.start();
        pass(Duration.ofMillis(50));
        assertThat(asked).hasSize(2);
    }

    @Test
    void aWaitingQuestionCanBeHurried() {
        repetition.start();
        pass(Duration.ofMillis(50));
        answer(0, Duration.ZERO);
        repetition.hurry();
        pass(Duration.ofMillis(50));
        assertThat(asked).hasSize(2);
        repetition.hurry();
        pass(Duration.ofMillis(50));
        assertThat(asked).as("one is under way").hasSize(2);
        answer(1, Duration.ZERO);
        repetition.stop();
        repetition.hurry();
        pass(INTERVAL.multipliedBy(3));
        assertThat(asked).as("stopped").hasSize(2);
    }

    @Test
    void anAnswerThatComesAtOnceIsAnAnswer() {
        List<String> questions = new ArrayList<>();
        Repetition eager = new Repetition(
                INTERVAL,
                told -> {
                    questions.add("asked");
                    told.accept(new ProbeOutcome(Finding.failed("refused"), List.of(), Duration.ZERO));
                    return () -> cancelled++;
                },
                outcome -> INTERVAL,
                channel.eventLoop(),
                () -> NO_JITTER);
        eager.start();
        pass(Duration.ofMillis(50));
        pass(INTERVAL);
        assertThat(questions).hasSize(2);
        eager.hurry();
        pass(Duration.ofMillis(50));
        assertThat(questions).hasSize(3);
        eager.stop();
        assertThat(cancelled).isZero();
    }
}
