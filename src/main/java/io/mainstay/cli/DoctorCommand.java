// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.mainstay.config.ConfigFile;
import io.mainstay.config.HostFacts;
import io.mainstay.config.MainstayConfig;
import io.mainstay.doctor.Finding;
import io.mainstay.doctor.Grade;
import io.mainstay.doctor.host.Examination;
import io.mainstay.observe.JsonText;
import io.mainstay.observe.StatusJson;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;

/** {@code mainstay doctor}. */
final class DoctorCommand implements CliCommand {

    private static final String INDENT = "         ";

    @Override
    public CommandSpec spec() {
        return Specs.command(
                        this,
                        "doctor",
                        "Look for what is wrong with this host. Checks interfaces, firewall, kernel settings, rights and"
                                + " limits, listens for a few seconds for the advertisements of others, and asks by ARP who"
                                + " has the virtual addresses. Works with the daemon running and without it. Changes nothing; needs root for most of it. Ends with exit code"
                                + " 0 if nothing has failed, 1 if something has, 3 if the configuration is invalid.",
                        "mainstay doctor",
                        "mainstay doctor /etc/mainstay/mainstay.yaml",
                        "mainstay doctor --json | jq '.findings[] | select(.grade != \"OK\")'")
                .addPositional(Specs.parameter(
                        "FILE", false, "The configuration. Default: " + ConfigCheckCommand.DEFAULT_FILE + "."));
    }

    @Override
    public ExitCode run(Invocation invocation) {
        Path file = Path.of(invocation.parameter().orElse(ConfigCheckCommand.DEFAULT_FILE));
        MainstayConfig config = ConfigCheckCommand.validOrFailure(ConfigFile.load(file, facts(invocation)), invocation);
        List<Finding> findings = Examination.of(config, () -> ask(invocation));
        if (invocation.json()) {
            invocation.out().print(JsonText.pretty(json(findings)));
        } else {
            findings.forEach(finding -> print(finding, invocation));
            invocation.out().println(summary(findings));
        }
        return findings.stream().anyMatch(finding -> finding.grade() == Grade.FAILED) ? ExitCode.FAILED : ExitCode.DONE;
    }

    /** The daemon asked has the run directory in which its socket stands, of which its configuration tells. */
    private static HostFacts facts(Invocation invocation) {
        HostFacts here = HostFacts.ofThisMachine();
        Path directory = invocation.socket().toAbsolutePath().getParent();
        return directory == null ? here : here.withRunDirectory(directory);
    }

    private static Examination.Answer ask(Invocation invocation) {
        try {
            Daemon daemon = invocation.daemon();
            return new Examination.Answer(Optional.of(daemon.read(daemon.get("/v1/status"), StatusJson::fromTree)), "");
        } catch (CommandFailure e) {
            return new Examination.Answer(Optional.empty(), String.valueOf(e.getMessage()));
        }
    }

    private static void print(Finding finding, Invocation invocation) {
        Colour colour = !invocation.colours()
                ? Colour.NONE
                : switch (finding.grade()) {
                    case OK -> Colour.GOOD;
                    case WARNING -> Colour.CAUTION;
                    case FAILED -> Colour.BAD;
                    case SKIPPED -> Colour.CALM;
                };
        String subject = finding.subject().isEmpty() ? "" : " " + finding.subject();
        invocation
                .out()
                .println(colour.paint("%-8s".formatted(finding.grade().name().toLowerCase(Locale.ROOT))) + " "
                        + finding.check() + subject + ": " + finding.found());
        if (!finding.advice().isEmpty()) {
            invocation.out().println(INDENT + "-> " + finding.advice());
        }
    }

    private static String summary(List<Finding> findings) {
        return count(findings, Grade.OK) + " ok, " + HumanText.count(count(findings, Grade.WARNING), "warning") + ", "
                + count(findings, Grade.FAILED) + " failed, " + count(findings, Grade.SKIPPED) + " skipped";
    }

    private static long count(List<Finding> findings, Grade grade) {
        return findings.stream().filter(finding -> finding.grade() == grade).count();
    }

    private static JsonObject json(List<Finding> findings) {
        JsonArray array = new JsonArray();
        for (Finding finding : findings) {
            JsonObject json = new JsonObject();
            json.addProperty("check", finding.check());
            json.addProperty("subject", finding.subject());
            json.addProperty("grade", finding.grade().name());
            json.addProperty("found", finding.found());
            json.addProperty("advice", finding.advice());
            array.add(json);
        }
        JsonObject json = new JsonObject();
        json.addProperty("failed", count(findings, Grade.FAILED));
        json.addProperty("warnings", count(findings, Grade.WARNING));
        json.add("findings", array);
        return json;
    }
}
