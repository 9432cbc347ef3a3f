// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.health.CheckSchedule;
import io.mainstay.health.probe.ProbeOutcome;
import io.mainstay.health.probe.Probing;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** One question that a backend is asked again and again. Lives on the control thread of the engine. */
final class Repetition {

    /** How the question is asked. */
    interface Question {

        /** Asks it once; the outcome is told later. */
        Probing ask(Consumer<ProbeOutcome> told);
    }

    /** What is made of an answer. */
    interface Answer {

        /** Takes the outcome in; how long after the start of this question the next one is to start. */
        Duration take(ProbeOutcome outcome);
    }

    private final Duration interval;
    private final Question question;
    private final Answer answer;
    private final EventLoop loop;
    private final RandomGenerator random;
    private @Nullable Future<?> next;
    private @Nullable Probing probing;

    /** Counts starts and stops, so that an answer of an earlier life is not taken for one of this. */
    private int life;

    private boolean running;

    Repetition(Duration interval, Question question, Answer answer, EventLoop loop, RandomGenerator random) {
        this.interval = interval;
        this.question = question;
        this.answer = answer;
        this.loop = loop;
        this.random = random;
    }

    /** Starts asking, at once but for a small jitter; nothing if it runs already. */
    void start() {
        if (!running) {
            running = true;
            life++;
            askAfter(CheckSchedule.beforeFirst(interval, random.nextLong()));
        }
    }

    /** Asks at once, unless a question is under way or none is to be asked. */
    void hurry() {
        if (running && probing == null && next != null) {
            next.cancel(false);
            askAfter(CheckSchedule.beforeFirst(interval, random.nextLong()));
        }
    }

    /** Stops asking; a question that is under way is dropped. */
    void stop() {
        running = false;
        life++;
        if (next != null) {
            next.cancel(false);
            next = null;
        }
        if (probing != null) {
            probing.cancel();
            probing = null;
        }
    }

    private void askAfter(Duration delay) {
        next = loop.schedule(this::ask, Math.max(delay.toNanos(), 0), TimeUnit.NANOSECONDS);
    }

    private void ask() {
        next = null;
        int askedIn = life;
        Probing asked = question.ask(outcome -> onOutcome(askedIn, outcome));
        // Unless it is over already.
        probing = next == null ? asked : null;
    }

    private void onOutcome(int askedIn, ProbeOutcome outcome) {
        if (askedIn != life) {
            return;
        }
        probing = null;
        Duration pause = CheckSchedule.beforeNext(answer.take(outcome), random.nextLong());
        // The answer may have stopped it.
        if (askedIn == life) {
            askAfter(pause.minus(outcome.duration()));
        }
    }
}
