// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import com.google.gson.JsonObject;
import io.mainstay.observe.JsonText;
import io.mainstay.observe.ProductVersion;
import picocli.CommandLine.Model.CommandSpec;

/** {@code mainstay version}. */
final class VersionCommand implements CliCommand {

    private static final String VERBOSE = "--verbose";

    @Override
    public CommandSpec spec() {
        return Specs.command(
                        this,
                        "version",
                        "Show the version of this program, and that of the daemon if one answers.",
                        "mainstay version --json | jq -r .version",
                        "mainstay version --verbose")
                .addOption(Specs.flag(
                        VERBOSE, "Show the commit, its time, the Java runtime and what the kernel has, too."));
    }

    @Override
    public ExitCode run(Invocation invocation) {
        String daemonVersion = "";
        String reason = "";
        try {
            Daemon daemon = invocation.daemon();
            daemonVersion = daemon.read(daemon.get("/v1/version"), json -> json.string("version"));
        } catch (CommandFailure e) {
            reason = String.valueOf(e.getMessage());
        }
        if (invocation.json()) {
            JsonObject json = new JsonObject();
            json.addProperty("version", ProductVersion.current());
            json.addProperty("daemon", daemonVersion.isEmpty() ? null : daemonVersion);
            if (invocation.flag(VERBOSE)) {
                BuildFacts.all().forEach(json::addProperty);
            }
            invocation.out().print(JsonText.pretty(json));
        } else {
            invocation.out().println("mainstay  " + ProductVersion.current());
            invocation.out().println("mainstayd " + (daemonVersion.isEmpty() ? "unknown: " + reason : daemonVersion));
        }
        if (invocation.flag(VERBOSE) && !invocation.json()) {
            printVerbosely(invocation);
        }
        return ExitCode.DONE;
    }

    private static void printVerbosely(Invocation invocation) {
        BuildFacts.all()
                .forEach((name, value) ->
                        invocation.out().println((name.replace('_', ' ') + " ".repeat(16)).substring(0, 16) + value));
    }
}
