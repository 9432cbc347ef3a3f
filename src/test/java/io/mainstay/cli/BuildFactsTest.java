// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BuildFactsTest {

    @Test
    void releasesOfKernelsAreOrdered() {
        assertThat(BuildFacts.number("6.1.0-44-amd64")).isGreaterThan(BuildFacts.number("5.14.0-503.el9.x86_64"));
        assertThat(BuildFacts.number("6.10.3")).isGreaterThan(BuildFacts.number("6.9.12"));
        assertThat(BuildFacts.number("unknown")).isZero();
    }

    @Test
    void theFactsNameWhatWasBuiltAndOnWhatItRuns() {
        assertThat(BuildFacts.all())
                .containsKeys("commit", "source_time", "runtime", "kernel", "kernel_btf")
                .containsEntry("runtime", Runtime.version() + " " + System.getProperty("os.arch"));
        assertThat(BuildFacts.all().get("source_time")).matches("\\d{4}-\\d\\d-\\d\\dT.*Z");
    }
}
