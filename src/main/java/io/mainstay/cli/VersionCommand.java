// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import com.google.gson.JsonObject;
import io.mainstay.observe.JsonText;
import io.mainstay.observe.ProductVersion;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** {@code mainstay version}. */
final class VersionCommand implements CliCommand {

    private static final String VERBOSE = "--verbose";

    private static final int NAMES = 20;

    @Override
    public CommandSpec spec() {
        return Specs.command(
                        this,
                        "version",
                        "Show the version of this program, and that of the daemon if one answers.",
                        "mainstay version --json | jq -r .version",
                        "mainstay version --verbose")
                .addOption(Specs.flag(
                        VERBOSE,
                        "Show the commit and its time, those of the daemon and whether it has to be restarted to be of"
                                + " this version, the Java runtime, and what the kernel has, too."));
    }

    @Override
    public ExitCode run(Invocation invocation) {
        ProductVersion program = ProductVersion.current();
        ProductVersion daemonVersion = null;
        String reason = "";
        try {
            Daemon daemon = invocation.daemon();
            daemonVersion = daemon.read(daemon.get("/v1/version"), ProductVersion::fromFields);
        } catch (CommandFailure e) {
            reason = String.valueOf(e.getMessage());
        }
        Map<String, String> facts =
                invocation.flag(VERBOSE) ? facts(program, Optional.ofNullable(daemonVersion)) : Map.of();
        if (invocation.json()) {
            invocation.out().print(JsonText.pretty(json(program, daemonVersion, facts)));
        } else {
            print(
                    program,
                    daemonVersion == null ? "unknown: " + reason : daemonVersion.number(),
                    facts,
                    invocation.out());
        }
        return ExitCode.DONE;
    }

    /** By name, in the order in which they are shown. */
    static Map<String, String> facts(ProductVersion program, Optional<ProductVersion> daemon) {
        Map<String, String> facts = new LinkedHashMap<>(BuildFacts.all());
        daemon.ifPresent(version -> {
            facts.put("daemon_commit", version.commit());
            facts.put("daemon_source_time", version.sourceTime());
            facts.put("daemon_restart", restart(version.beside(program)));
        });
        return facts;
    }

    /** Whether the daemon has to be restarted to be of the version of this program. */
    static String restart(ProductVersion.Age age) {
        return switch (age) {
            case SAME -> "not needed";
            case OLDER -> needed("older");
            case NEWER -> needed("newer");
            case ANOTHER -> needed("another build");
        };
    }

    /** The check comes first: a restart with a file that the program refuses would end the service. */
    private static String needed(String how) {
        return "needed: the daemon is " + how
                + " than this program (mainstay config check && systemctl restart mainstay)";
    }

    private static JsonObject json(ProductVersion program, @Nullable ProductVersion daemon, Map<String, String> facts) {
        JsonObject json = new JsonObject();
        json.addProperty("version", program.number());
        json.addProperty("daemon", daemon == null ? null : daemon.number());
        facts.forEach(json::addProperty);
        return json;
    }

    private static void print(ProductVersion program, String daemon, Map<String, String> facts, PrintWriter out) {
        out.println("mainstay  " + program.number());
        out.println("mainstayd " + daemon);
        facts.forEach(
                (name, value) -> out.println((name.replace('_', ' ') + " ".repeat(NAMES)).substring(0, NAMES) + value));
    }
}
