// SPDX-License-Identifier: Apache-2.0
package io.mainstay.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.election.Election;
import java.util.EnumSet;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests the invariants: elections that are wrong on purpose must not get past them. */
@Tag("simulation")
class SabotageTest {

    private static final long MOST_SEEDS = 1000;

    @ParameterizedTest
    @EnumSource
    void isNoticed(Sabotage sabotage) {
        Optional<InvariantViolation> first = LongStream.rangeClosed(1, MOST_SEEDS)
                .mapToObj(seed -> violation(sabotage, seed))
                .flatMap(Optional::stream)
                .filter(violation -> sabotage.noticedBy().contains(violation.invariant()))
                .findFirst();
        assertThat(first).as("a violation of one of " + sabotage.noticedBy()).isPresent();
    }

    private static Optional<InvariantViolation> violation(Sabotage sabotage, long seed) {
        try {
            new ClusterSimulation(seed, new Trace(false), sabotage::of, false).run();
            return Optional.empty();
        } catch (InvariantViolation e) {
            return Optional.of(e);
        }
    }

    @Test
    void aGuardThatSleepsIsNoticed() {
        assertThat(LongStream.rangeClosed(1, MOST_SEEDS).anyMatch(SabotageTest::sleepingGuardIsNoticed))
                .isTrue();
    }

    private static boolean sleepingGuardIsNoticed(long seed) {
        try {
            new ClusterSimulation(seed, new Trace(false), Election::new, true).run();
            return false;
        } catch (InvariantViolation e) {
            return e.invariant() == Invariant.GUARD_GIVES_UP;
        }
    }

    /** Which services are open is decided by the takeover, not by the election; its own tests hold that. */
    @Test
    void everyInvariantOfTheElectionNoticesSomeSabotage() {
        assertThat(Stream.of(Sabotage.values()).flatMap(sabotage -> sabotage.noticedBy().stream()))
                .containsAll(EnumSet.complementOf(
                        EnumSet.of(Invariant.SERVICES_FOLLOW_ADDRESSES, Invariant.GUARD_GIVES_UP)));
    }
}
