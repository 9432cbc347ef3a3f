// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class PipePoolTest {

    private static final int PIPES = 12;

    private final SimulatedPipe.Source source = new SimulatedPipe.Source();
    private final Budget budget = new Budget(PIPES);
    private final PipePool pool = new PipePool(source, budget);

    private static Pipe lend(PipePool pool) {
        Pipe scratch = pool.scratch();
        assertThat(pool.lendScratch()).isSameAs(scratch);
        return Objects.requireNonNull(scratch);
    }

    private int leftInBudget() {
        int taken = 0;
        while (budget.take()) {
            taken++;
        }
        for (int i = 0; i < taken; i++) {
            budget.giveBack();
        }
        return taken;
    }

    @Test
    void noneIsOpenedBeforeOneIsNeeded() {
        assertThat(source.count()).isZero();
        pool.close();
    }

    @Test
    void aPipeThatComesBackEmptyIsTheNextOne() {
        Pipe pipe = lend(pool);
        pool.giveBack(pipe);
        assertThat(pool.scratch()).isSameAs(pipe);
        pool.close();
        assertThat(leftInBudget()).isEqualTo(PIPES);
    }

    @Test
    void oneThatComesBackWithOctetsIsClosed() {
        Pipe pipe = lend(pool);
        pipe.filled(1);
        pool.giveBack(pipe);
        assertThat(source.count()).isZero();
        assertThat(pool.scratch()).isNotSameAs(pipe);
        pool.close();
        assertThat(leftInBudget()).isEqualTo(PIPES);
    }

    @Test
    void workersShareThePipesToTheLast() {
        PipePool other = new PipePool(source, budget);
        List<Pipe> lent = new ArrayList<>();
        for (int i = 0; i < PIPES; i++) {
            lent.add(lend(i % 2 == 0 ? pool : other));
        }
        assertThat(pool.scratch()).isNull();
        assertThat(other.scratch()).isNull();
        other.giveBack(lent.get(1));
        assertThat(other.scratch()).isSameAs(lent.get(1));
        assertThat(pool.scratch()).isNull();
    }

    @Test
    void ofThoseThatComeBackAFewStayOpen() {
        List<Pipe> lent = new ArrayList<>();
        for (int i = 0; i < PIPES; i++) {
            lent.add(lend(pool));
        }
        lent.forEach(pool::giveBack);
        assertThat(source.count()).isBetween(1, PIPES - 1);
        assertThat(leftInBudget()).isEqualTo(PIPES - source.count());
        pool.close();
        assertThat(source.count()).isZero();
        assertThat(leftInBudget()).isEqualTo(PIPES);
    }

    @Test
    void whenNoneCanBeOpenedThatIsTriedAgainAfterAWhile() {
        source.exhaust();
        assertThat(pool.scratch()).isNull();
        source.recover();
        for (int i = 0; i < PipePool.COPIES_AFTER_FAILURE; i++) {
            assertThat(pool.scratch()).isNull();
        }
        assertThat(source.attempts()).isEqualTo(1);
        assertThat(pool.scratch()).isNotNull();
        pool.close();
        assertThat(leftInBudget()).isEqualTo(PIPES);
    }

    @Test
    void afterTheKernelHasRefusedNobodyGetsAPipeAndWhatIsLentIsClosedAsItComesBack() {
        PipePool other = new PipePool(source, budget);
        Pipe lent = lend(pool);
        assertThat(pool.scratch()).isNotNull();
        pool.stop();
        assertThat(pool.scratch()).isNull();
        assertThat(other.scratch()).isNull();
        assertThat(source.count()).isEqualTo(1);
        pool.giveBack(lent);
        assertThat(source.count()).isZero();
        assertThat(other.scratch()).isNull();
    }

    @Test
    void aNodeOfFewConnectionsHasFewPipes() {
        Budget few = PipePool.budget(100);
        assertThat(few.take()).isTrue();
        assertThat(few.take()).isTrue();
        assertThat(few.take()).isTrue();
        assertThat(few.take()).isFalse();
    }
}
