// SPDX-License-Identifier: Apache-2.0
package io.mainstay.sim;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Many clusters, one seed each. {@code -Dmainstay.sim.seeds=N} says how many, {@code -Dmainstay.sim.seed=S} runs one alone
 * with its trace.
 */
@Tag("simulation")
class ClusterSimulationTest {

    @Test
    void noSeedBreaksAnInvariant() {
        assertThat(SimulationRunner.ofSystemProperties().run()).isEmpty();
    }
}
