// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.observe.ProductVersion;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class VersionCommandTest {

    private static final ProductVersion PROGRAM = new ProductVersion("0.2.0", "abcdef012345", "2026-02-01T00:00:00Z");

    @Test
    void itSaysWhetherTheDaemonHasToBeRestarted() {
        ProductVersion before = new ProductVersion("0.1.0", "0123456789ab", "2026-01-01T00:00:00Z");
        assertThat(VersionCommand.facts(PROGRAM, Optional.of(before)))
                .containsEntry("daemon_commit", "0123456789ab")
                .containsEntry("daemon_source_time", "2026-01-01T00:00:00Z")
                .containsEntry(
                        "daemon_restart",
                        "needed: the daemon is older than this program (mainstay config check && systemctl restart mainstay)");
        assertThat(VersionCommand.facts(PROGRAM, Optional.of(PROGRAM))).containsEntry("daemon_restart", "not needed");
    }

    @Test
    void ofADaemonThatDoesNotAnswerItSaysNothing() {
        assertThat(VersionCommand.facts(PROGRAM, Optional.empty())).isEqualTo(BuildFacts.all());
    }
}
