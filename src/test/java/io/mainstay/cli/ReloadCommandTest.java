// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import io.mainstay.cli.CliHarness.Ended;
import io.mainstay.config.ConfigChange;
import io.mainstay.config.ConfigProblem;
import io.mainstay.control.FakeControlHandler;
import io.mainstay.control.ReloadOutcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The commands about the configuration that is in force. */
class ReloadCommandTest extends CommandBench {

    private static ReloadOutcome reloaded(ReloadOutcome.Result result, ConfigChange... changes) {
        return new ReloadOutcome(result, List.of(), List.of(), List.of(changes), "");
    }

    @Test
    void aReloadShowsWhatItChanged() {
        harness.handler.reload = reloaded(
                ReloadOutcome.Result.APPLIED,
                new ConfigChange(ConfigChange.Kind.REMOVED, "services[ssh]", "", "", false),
                new ConfigChange(ConfigChange.Kind.CHANGED, "services[https].drain_timeout", "1m", "2m", false));
        assertThat(harness.run("reload")).isEqualTo(done("""
            - services[ssh]
            ~ services[https].drain_timeout: 1m -> 2m
            in force: 2 changes
            """));
        assertThat(harness.run("reload", "--json").out()).contains("\"result\": \"APPLIED\"");
        harness.handler.reload = reloaded(ReloadOutcome.Result.UNCHANGED);
        assertThat(harness.run("reload")).isEqualTo(done("nothing to do: the file says what is in force\n"));
    }

    @Test
    void aReloadOfABadFileNamesEveryMistake() {
        harness.handler.reload = new ReloadOutcome(
                ReloadOutcome.Result.INVALID,
                List.of(
                        new ConfigProblem("/m.yaml", 3, 5, "services[0].listen", "x (expected: ADDRESS:PORT)"),
                        new ConfigProblem("/m.yaml", 9, 1, "service", "unknown key (did you mean services?)")),
                List.of(new ConfigProblem("/m.yaml", 0, 0, "", "no virtual router")),
                List.of(),
                "");
        assertThat(harness.run("reload")).isEqualTo(failed(3, """
            /m.yaml:3:5 services[0].listen: x (expected: ADDRESS:PORT)
            /m.yaml:9:1 service: unknown key (did you mean services?)
            warning: /m.yaml: no virtual router
            mainstay: configuration invalid: 2 mistakes, nothing was changed
            """));
    }

    @Test
    void aReloadThatNeedsARestartSaysWhy() {
        harness.handler.reload = reloaded(
                ReloadOutcome.Result.NEEDS_RESTART,
                new ConfigChange(ConfigChange.Kind.CHANGED, "services[https].drain_timeout", "1m", "2m", false),
                new ConfigChange(ConfigChange.Kind.CHANGED, "virtual_routers[web].vrid", "51", "52", true));
        assertThat(harness.run("reload")).isEqualTo(failed(1, """
            mainstay: nothing was changed, because this needs a restart of the daemon:
            ~ virtual_routers[web].vrid: 51 -> 52
            """));
        harness.handler.reload = new ReloadOutcome(
                ReloadOutcome.Result.FAILED, List.of(), List.of(), List.of(), "service x: listen 1.2.3.4:5/tcp: taken");
        assertThat(harness.run("reload"))
                .isEqualTo(failed(1, "mainstay: nothing was changed: service x: listen 1.2.3.4:5/tcp: taken\n"));
    }

    @Test
    void aDiffShowsWhatAReloadWouldChange() throws IOException {
        Path file = directory.resolve("other.yaml");
        Files.writeString(
                file, "node: {name: lb1}\ncontrol: {socket: /run/mainstay/control.sock}\n" + FakeControlHandler.CONFIG);
        assertThat(harness.run("config", "diff", file.toString())).isEqualTo(done("no difference\n"));
        Files.writeString(
                file,
                "node: {name: lb1}\ncontrol: {socket: /run/mainstay/control.sock}\n"
                        + FakeControlHandler.CONFIG.replace("vrid: 51", "vrid: 52")
                        + "    balance: round_robin\n");
        Ended ended = harness.run("config", "diff", file.toString());
        assertThat(ended.exitCode()).isZero();
        assertThat(ended.out()).isEqualTo("""
            ~ virtual_routers[web].vrid: 51 -> 52   (needs a restart)
            ~ services[https].balance: least_conn -> round_robin
            2 changes, 1 of them need a restart
            """);
        assertThat(harness.run("config", "diff", "--json", file.toString()).out())
                .contains("\"needs_restart\": true");
    }

    @Test
    void theRunningConfigurationIsShown() {
        Ended yaml = harness.run("config", "show", "--effective");
        assertThat(yaml.exitCode()).isZero();
        assertThat(yaml.out()).startsWith("node:\n  name: lb1\n").contains("    preempt_delay: 0s\n");
        assertThat(JsonParser.parseString(
                                harness.run("config", "show", "--json").out())
                        .getAsJsonObject()
                        .keySet())
                .containsExactly("node", "virtual_routers", "services", "kernel_engine", "control");
    }
}
