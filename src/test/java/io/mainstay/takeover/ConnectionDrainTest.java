// SPDX-License-Identifier: Apache-2.0
package io.mainstay.takeover;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ConnectionDrainTest {

    private static final MonotonicInstant START = new MonotonicInstant(5_000_000_000L);

    private final ConnectionDrain drain = new ConnectionDrain(Duration.ofSeconds(10));
    private MonotonicInstant now = START;

    private void after(Duration duration) {
        now = START.plus(duration);
    }

    private void begin(int connections) {
        drain.begin(now);
        assertThat(drain.takeLook(now)).isTrue();
        drain.onLook(connections, now);
    }

    @Test
    void nothingIsDueBeforeItBegins() {
        assertThat(drain.isUnderWay()).isFalse();
        assertThat(drain.takeLook(now)).isFalse();
        assertThat(drain.takeNotice(now)).isFalse();
        assertThat(drain.isOver(now)).isFalse();
        assertThat(drain.nextDeadline()).isEmpty();
        assertThat(drain.remaining(now)).isZero();
    }

    @Test
    void withoutConnectionsItIsOverAtTheFirstLookAndNobodyIsTold() {
        drain.begin(now);
        assertThat(drain.isOver(now)).as("it was not looked yet").isFalse();
        assertThat(drain.takeNotice(now)).isFalse();
        drain.onLook(0, now);
        assertThat(drain.takeNotice(now)).isFalse();
        assertThat(drain.isOver(now)).isTrue();
    }

    @Test
    void theSuccessorIsToldAtOnceAndThenAgainAndAgain() {
        begin(3);
        assertThat(drain.takeNotice(now)).isTrue();
        assertThat(drain.takeNotice(now)).isFalse();
        after(ConnectionDrain.NOTICE_PAUSE.minusNanos(1));
        assertThat(drain.takeNotice(now)).isFalse();
        after(ConnectionDrain.NOTICE_PAUSE);
        assertThat(drain.takeNotice(now)).isTrue();
    }

    @Test
    void itIsOverAMomentAfterTheLastConnection() {
        begin(3);
        after(Duration.ofSeconds(2));
        drain.onLook(1, now);
        after(Duration.ofSeconds(3));
        drain.onLook(0, now);
        assertThat(drain.isOver(now)).as("the kernel may have octets of it yet").isFalse();
        after(Duration.ofSeconds(3).plus(ConnectionDrain.QUIET).minusNanos(1));
        drain.onLook(0, now);
        assertThat(drain.isOver(now)).isFalse();
        assertThat(drain.takeNotice(now))
                .as("until then the successor sends on")
                .isTrue();
        after(Duration.ofSeconds(3).plus(ConnectionDrain.QUIET));
        assertThat(drain.isOver(now)).isTrue();
        assertThat(drain.began()).isEqualTo(3);
        assertThat(drain.left()).isZero();
    }

    @Test
    void oneThatComesMeanwhileIsWaitedFor() {
        begin(1);
        after(Duration.ofSeconds(1));
        drain.onLook(0, now);
        after(Duration.ofMillis(1500));
        drain.onLook(1, now);
        after(Duration.ofSeconds(5));
        assertThat(drain.isOver(now)).isFalse();
    }

    @Test
    void theDeadlineEndsItWhateverIsLeft() {
        begin(2);
        after(Duration.ofSeconds(10).minusNanos(1));
        assertThat(drain.isOver(now)).isFalse();
        assertThat(drain.remaining(now)).isEqualTo(Duration.ofNanos(1));
        after(Duration.ofSeconds(10));
        assertThat(drain.isOver(now)).isTrue();
        assertThat(drain.left()).isEqualTo(2);
        drain.end();
        assertThat(drain.isOver(now)).isFalse();
    }

    @Test
    void whoIsInAHurryDoesNotWait() {
        begin(2);
        after(Duration.ofSeconds(1));
        drain.hurry(now);
        assertThat(drain.isOver(now)).isTrue();
    }

    @Test
    void itIsLookedAtWheneverSomethingIsDueAndNotBefore() {
        drain.begin(now);
        assertThat(drain.nextDeadline()).contains(now);
        assertThat(drain.takeLook(now)).isTrue();
        assertThat(drain.nextDeadline())
                .as("no notice is due before it is known whether there are connections")
                .contains(now.plus(ConnectionDrain.LOOK_PAUSE));
        drain.onLook(1, now);
        assertThat(drain.nextDeadline()).contains(now);
        assertThat(drain.takeNotice(now)).isTrue();
        assertThat(drain.nextDeadline()).contains(now.plus(ConnectionDrain.LOOK_PAUSE));
    }

    @Test
    void theNextOneKnowsNothingOfTheLast() {
        begin(5);
        drain.end();
        after(Duration.ofSeconds(60));
        begin(0);
        assertThat(drain.began()).isZero();
        assertThat(drain.isOver(now)).isTrue();
    }
}
