// SPDX-License-Identifier: Apache-2.0
package io.mainstay.track;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mainstay.track.TrackerStanding.State;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class TrackerTest {

    private static final Observation GOOD = new Observation.Good("exit status 0");
    private static final Observation BAD = new Observation.Bad("exit status 1");

    private static Tracker script(Effect effect) {
        return new Tracker(new TrackerConfig.ScriptTracker(
                "db", List.of("/bin/check"), Duration.ofSeconds(1), new Pace(Duration.ofSeconds(2), 3, 2), effect));
    }

    private static Tracker file() {
        return new Tracker(new TrackerConfig.FileTracker(
                "/run/weight", new Pace(Duration.ofSeconds(1), 1, 1), new Effect.Stated()));
    }

    @Test
    void theFirstLookDecidesAndLaterOnesInARow() {
        Tracker tracker = script(new Effect.Fault());
        assertThat(tracker.standing().state()).isEqualTo(State.UNDECIDED);
        assertThat(tracker.standing().isFault()).isFalse();
        assertThat(tracker.record(GOOD)).isTrue();
        assertThat(tracker.record(BAD)).isFalse();
        assertThat(tracker.record(BAD)).isFalse();
        assertThat(tracker.standing().state()).isEqualTo(State.UP);
        assertThat(tracker.record(BAD)).isTrue();
        assertThat(tracker.standing().isFault()).isTrue();
        assertThat(tracker.standing().sentence()).isEqualTo("script db: exit status 1");
        assertThat(tracker.record(GOOD)).isFalse();
        assertThat(tracker.record(BAD)).isFalse();
        assertThat(tracker.record(GOOD)).isFalse();
        assertThat(tracker.record(GOOD)).isTrue();
        assertThat(tracker.standing().isFault()).isFalse();
    }

    @Test
    void aNegativeWeightCountsWhileItIsDownAndIsNoFault() {
        Tracker tracker = script(new Effect.Weight(-100));
        tracker.record(GOOD);
        assertThat(tracker.standing().added()).isZero();
        tracker.record(BAD);
        tracker.record(BAD);
        tracker.record(BAD);
        assertThat(tracker.standing().added()).isEqualTo(-100);
        assertThat(tracker.standing().isFault()).isFalse();
    }

    @Test
    void aPositiveWeightCountsWhileItIsUp() {
        Tracker tracker = script(new Effect.Weight(20));
        assertThat(tracker.standing().added()).isZero();
        tracker.record(GOOD);
        assertThat(tracker.standing().added()).isEqualTo(20);
    }

    @Test
    void aFileStatesItsWeight() {
        Tracker tracker = file();
        assertThat(tracker.record(new Observation.Stated(-30, "-30"))).isTrue();
        assertThat(tracker.standing().added()).isEqualTo(-30);
        assertThat(tracker.record(new Observation.Stated(-30, "-30"))).isFalse();
        assertThat(tracker.record(new Observation.Stated(10, "10"))).isTrue();
        assertThat(tracker.record(new Observation.Bad("says fault"))).isTrue();
        assertThat(tracker.standing().isFault()).isTrue();
        assertThat(tracker.standing().added()).isZero();
        assertThat(tracker.record(new Observation.Stated(10, "10"))).isTrue();
        assertThat(tracker.standing().added()).isEqualTo(10);
    }

    @Test
    void whatIsUnclearLeavesThingsAsTheyWereAndIsTold() {
        Tracker tracker = file();
        assertThat(tracker.record(new Observation.Unclear("empty"))).isTrue();
        assertThat(tracker.standing().state()).isEqualTo(State.UP);
        tracker.record(new Observation.Stated(-30, "-30"));
        assertThat(tracker.record(new Observation.Unclear("empty"))).isFalse();
        assertThat(tracker.standing().added()).isEqualTo(-30);
        assertThat(tracker.standing().detail()).isEqualTo("empty");
        tracker.record(new Observation.Bad("says fault"));
        assertThat(tracker.record(new Observation.Unclear("empty"))).isFalse();
        assertThat(tracker.standing().isFault()).isTrue();
    }

    @Test
    void aWeightIsSomething() {
        assertThatThrownBy(() -> new Effect.Weight(0)).hasMessage("weight: 0 (expected: -253..-1 or 1..253)");
        assertThatThrownBy(() -> new Effect.Weight(-254)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Effect.Weight(254)).isInstanceOf(IllegalArgumentException.class);
    }
}
