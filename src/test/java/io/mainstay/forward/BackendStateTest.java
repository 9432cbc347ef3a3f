// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackendStateTest {

    @ParameterizedTest
    @CsvSource({
        "READY,       true,  HEALTHY,     true",
        "READY,       false, UNHEALTHY,   false",
        "DRAIN,       true,  DRAINING,    false",
        "DRAIN,       false, DRAINING,    false",
        "MAINTENANCE, true,  MAINTENANCE, false",
        "MAINTENANCE, false, MAINTENANCE, false"
    })
    void theWishOfTheOperatorGoesBeforeTheVerdictOfTheChecks(
            AdminState wish, boolean healthy, BackendState state, boolean takesNewConnections) {
        assertThat(BackendState.of(wish, healthy)).isEqualTo(state);
        assertThat(state.takesNewConnections()).isEqualTo(takesNewConnections);
    }
}
