// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackendStateTest {

    @ParameterizedTest
    @CsvSource({
        "READY,       true,  HEALTHY",
        "READY,       false, UNHEALTHY",
        "DRAIN,       true,  DRAINING",
        "DRAIN,       false, DRAINING",
        "MAINTENANCE, true,  MAINTENANCE",
        "MAINTENANCE, false, MAINTENANCE"
    })
    void theWishOfTheOperatorGoesBeforeTheVerdictOfTheChecks(AdminState wish, boolean healthy, BackendState state) {
        assertThat(BackendState.of(wish, healthy)).isEqualTo(state);
    }
}
