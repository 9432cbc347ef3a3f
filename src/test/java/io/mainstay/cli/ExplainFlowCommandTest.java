// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.mainstay.cli.CliHarness.Ended;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code mainstay explain flow}. */
class ExplainFlowCommandTest {

    @TempDir
    Path directory;

    private CliHarness harness;

    @BeforeEach
    void start() throws IOException {
        harness = new CliHarness(directory);
    }

    @AfterEach
    void stop() {
        harness.close();
    }

    @Test
    void whatBecomesOfAFlowIsToldInSentences() {
        Ended ended = harness.run("explain", "flow", "192.0.2.7:40000", "198.51.100.10:443/tcp");
        assertThat(ended.exitCode()).isZero();
        assertThat(ended.out().lines())
                .hasSize(2)
                .startsWith("Service https is run by the kernel engine.")
                .noneMatch(line -> line.indexOf(7) >= 0);
    }

    @Test
    void aFlowThatNoBackendGetsIsTheOtherExitCode() {
        assertThat(harness.run("explain", "flow", "192.0.2.7", "198.51.100.10:80")
                        .exitCode())
                .isEqualTo(1);
    }

    @Test
    void programsGetItAsJson() {
        Ended ended = harness.run("--json", "explain", "flow", "192.0.2.7:40000", "198.51.100.10:443");
        JsonObject json = JsonParser.parseString(ended.out()).getAsJsonObject();
        assertThat(json.get("backend").getAsString()).isEqualTo("web1");
        assertThat(json.get("destination").getAsString()).isEqualTo("198.51.100.10:443/tcp");
        assertThat(json.get("leaves_as").getAsString()).isEqualTo("198.51.100.10:20917 to 10.0.0.11:8443");
        assertThat(json.getAsJsonObject("spread").get("web1").getAsInt()).isEqualTo(256);
    }

    @Test
    void wrongArgumentsAreNamed() {
        Ended ended = harness.run("explain", "flow", "here", "198.51.100.10:443");
        assertThat(ended.exitCode()).isEqualTo(2);
        assertThat(ended.err()).startsWith("mainstay: source: here (expected: ADDRESS or ADDRESS:PORT");
        assertThat(harness.run("explain", "flow", "192.0.2.7").exitCode()).isEqualTo(2);
    }
}
