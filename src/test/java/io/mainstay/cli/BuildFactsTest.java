// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BuildFactsTest {

    @Test
    void theFactsNameWhatWasBuiltAndOnWhatItRuns() {
        assertThat(BuildFacts.all())
                .containsOnlyKeys(
                        "commit", "source_time", "runtime", "kernel", "kernel_engine", "kernel_pidfd", "kernel_ipv6")
                .containsEntry("runtime", Runtime.version() + " " + System.getProperty("os.arch"))
                .containsEntry("kernel", System.getProperty("os.version"));
        assertThat(BuildFacts.all().get("source_time")).matches("\\d{4}-\\d\\d-\\d\\dT.*Z");
    }

    @Test
    void whatCannotBeFoundOutIsNoNo() {
        // This runtime is no shipped one, so that the programs which ask are not beside it.
        assertThat(BuildFacts.all()).containsEntry("kernel_pidfd", "unknown: mainstay-guard is not there");
    }
}
