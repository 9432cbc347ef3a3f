// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class DrainPlanTest {

    private static final MonotonicInstant START = new MonotonicInstant(-5);
    private static final DrainPlan PLAN = DrainPlan.begin(START, Duration.ofSeconds(60), 7);

    @Test
    void theDeadlineComesWhenTheTimeoutIsOver() {
        assertThat(PLAN.isExpired(START.plus(Duration.ofNanos(59_999_999_999L))))
                .isFalse();
        assertThat(PLAN.isExpired(START.plus(Duration.ofSeconds(60)))).isTrue();
    }

    @Test
    void theRemainingTimeNeverGoesBelowZero() {
        assertThat(PLAN.remaining(START.plus(Duration.ofSeconds(15)))).isEqualTo(Duration.ofSeconds(45));
        assertThat(PLAN.remaining(START.plus(Duration.ofSeconds(61)))).isEqualTo(Duration.ZERO);
    }

    @Test
    void anotherTimeoutCountsFromNowAndKeepsTheStart() {
        MonotonicInstant later = START.plus(Duration.ofSeconds(30));
        DrainPlan longer = PLAN.withTimeout(later, Duration.ofSeconds(60));
        assertThat(longer.remaining(later)).isEqualTo(Duration.ofSeconds(60));
        assertThat(longer.started()).isEqualTo(START);
        assertThat(longer.liveAtStart()).isEqualTo(7);
    }

    @Test
    void theEndIsExpectedAsIfConnectionsWentOnEndingAsTheyDid() {
        MonotonicInstant later = START.plus(Duration.ofSeconds(10));
        assertThat(PLAN.expectedToLast(later, 2)).as("five in ten seconds").isEqualTo(Duration.ofSeconds(4));
        assertThat(PLAN.expectedToLast(later, 7)).as("none so far").isEqualTo(Duration.ofSeconds(51));
        assertThat(PLAN.expectedToLast(later, 6)).as("the deadline comes first").isEqualTo(Duration.ofSeconds(51));
        assertThat(PLAN.expectedToLast(later, 9)).as("more than at the start").isEqualTo(Duration.ofSeconds(51));
        assertThat(PLAN.expectedToLast(later, 0)).isZero();
    }

    @Test
    void nothingIsResetBeforeTheDeadline() {
        assertThat(PLAN.resetsDue(100, START.plus(Duration.ofSeconds(59)))).isZero();
    }

    @Test
    void resetsBeginAtTheDeadlineAndAreSpreadOverTheWindow() {
        MonotonicInstant deadline = PLAN.deadline();
        assertThat(PLAN.resetsDue(101, deadline)).isEqualTo(1);
        assertThat(PLAN.resetsDue(101, deadline.plus(DrainPlan.RESET_WINDOW.dividedBy(2))))
                .isEqualTo(51);
        assertThat(PLAN.resetsDue(101, deadline.plus(DrainPlan.RESET_WINDOW))).isEqualTo(101);
        assertThat(PLAN.resetsDue(101, deadline.plus(Duration.ofHours(1)))).isEqualTo(101);
    }

    @Test
    void aSingleConnectionIsResetAtTheDeadlineItself() {
        assertThat(PLAN.resetsDue(1, PLAN.deadline())).isEqualTo(1);
        assertThat(PLAN.resetsDue(0, PLAN.deadline())).isZero();
    }
}
