// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

import static io.mainstay.health.Verdict.HEALTHY;
import static io.mainstay.health.Verdict.UNHEALTHY;
import static io.mainstay.health.Verdict.UNKNOWN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class RiseFallTest {

    private static List<Verdict> verdicts(RiseFall riseFall, String results) {
        List<Verdict> verdicts = new ArrayList<>();
        for (int i = 0; i < results.length(); i++) {
            verdicts.add(riseFall.record(results.charAt(i) == '+'));
        }
        return verdicts;
    }

    @Test
    void nothingIsKnownBeforeTheFirstResult() {
        assertThat(new RiseFall(3, 2).verdict()).isEqualTo(UNKNOWN);
    }

    @Test
    void theFirstResultDecidesAlone() {
        assertThat(new RiseFall(3, 2).record(true)).isEqualTo(HEALTHY);
        assertThat(new RiseFall(3, 2).record(false)).isEqualTo(UNHEALTHY);
    }

    @Test
    void onlyAsManyFailuresInARowAsAskedForMakeABackendUnhealthy() {
        assertThat(verdicts(new RiseFall(3, 2), "+--+---"))
                .containsExactly(HEALTHY, HEALTHY, HEALTHY, HEALTHY, HEALTHY, HEALTHY, UNHEALTHY);
    }

    @Test
    void onlyAsManySuccessesInARowAsAskedForMakeABackendHealthyAgain() {
        assertThat(verdicts(new RiseFall(3, 2), "-+-++"))
                .containsExactly(UNHEALTHY, UNHEALTHY, UNHEALTHY, UNHEALTHY, HEALTHY);
    }

    @Test
    void whatIsForgottenIsDecidedByTheNextResult() {
        RiseFall riseFall = new RiseFall(3, 2);
        verdicts(riseFall, "+--");
        riseFall.forget();
        assertThat(riseFall.verdict()).isEqualTo(UNKNOWN);
        assertThat(riseFall.record(false)).isEqualTo(UNHEALTHY);
    }

    @Test
    void thresholdsBelowOneAreRefused() {
        assertThatThrownBy(() -> new RiseFall(0, 1)).hasMessage("failures: 0 (expected: 1 or more)");
        assertThatThrownBy(() -> new RiseFall(1, 0)).hasMessage("success: 0 (expected: 1 or more)");
    }

    @Test
    @Tag("property")
    void theVerdictAlwaysAgreesWithARunLongEnoughToDecide() {
        for (long seed = 1; seed <= 100; seed++) {
            Random random = new Random(seed);
            int failures = 1 + random.nextInt(5);
            int success = 1 + random.nextInt(5);
            RiseFall riseFall = new RiseFall(failures, success);
            int run = 0;
            boolean last = false;
            for (int i = 0; i < 500; i++) {
                boolean passed = random.nextInt(3) > 0;
                Verdict before = riseFall.verdict();
                run = passed == last ? run + 1 : 1;
                last = passed;
                Verdict after = riseFall.record(passed);
                Verdict said = passed ? HEALTHY : UNHEALTHY;
                boolean decides = before == UNKNOWN || run >= (passed ? success : failures);
                assertThat(after).as("seed %d, result %d", seed, i).isEqualTo(decides ? said : before);
            }
        }
    }
}
