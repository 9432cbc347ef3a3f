// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import io.mainstay.doctor.Host.ProgramResult;
import io.mainstay.net.InterfaceName;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/** Whether a firewall of this host drops advertisements, by its rules; names the rule that does. */
final class FirewallCheck {

    private static final String CHECK = "firewall";

    /** Where the kernel names the tables that the older iptables has made; there is none without them. */
    private static final String LEGACY_TABLES = "/proc/net/ip_tables_names";

    private FirewallCheck() {}

    static List<Finding> examine(Patient patient) {
        List<Finding> findings = new ArrayList<>();
        switch (patient.host().run(List.of("nft", "-j", "list", "ruleset"))) {
            case ProgramResult.Done done ->
                findings.addAll(judge(patient, done.output(), NftRules::verdicts, "nftables"));
            case ProgramResult.Failed failed ->
                findings.add(Finding.skipped(
                        CHECK, "", "the rules of nftables cannot be listed: " + failed.reason(), "run as root"));
            case ProgramResult.Missing ignored ->
                findings.add(Finding.skipped(
                        CHECK,
                        "",
                        "the rules of nftables cannot be listed: there is no program nft",
                        "install nftables to have them looked at"));
        }
        if (patient.host()
                .read(LEGACY_TABLES)
                .filter(tables -> !tables.isBlank())
                .isPresent()) {
            findings.addAll(
                    switch (patient.host().run(List.of("iptables-legacy-save"))) {
                        case ProgramResult.Done done ->
                            judge(patient, done.output(), IptablesRules::verdicts, "iptables");
                        case ProgramResult.Failed failed ->
                            List.of(Finding.skipped(
                                    CHECK,
                                    "",
                                    "the rules of iptables cannot be listed: " + failed.reason(),
                                    "run as root"));
                        case ProgramResult.Missing ignored ->
                            List.of(Finding.warning(
                                    CHECK,
                                    "",
                                    "iptables has rules, and there is no program to list them",
                                    "look at them by the iptables-legacy that made them"));
                    });
        }
        return findings;
    }

    private static List<Finding> judge(
            Patient patient,
            String rules,
            BiFunction<String, FirewallPacket, List<FirewallVerdict>> verdicts,
            String program) {
        List<Finding> findings = new ArrayList<>();
        for (InterfaceName name : patient.interfaces()) {
            for (boolean incoming : List.of(true, false)) {
                try {
                    findings.add(
                            judge(name, incoming, verdicts.apply(rules, new FirewallPacket(name, incoming)), program));
                } catch (RuntimeException e) {
                    findings.add(Finding.skipped(
                            CHECK,
                            name.value(),
                            "the rules of " + program + " are not understood: " + e.getMessage(),
                            ""));
                }
            }
        }
        return findings;
    }

    private static Finding judge(InterfaceName name, boolean incoming, List<FirewallVerdict> verdicts, String program) {
        String way = incoming ? "coming in" : "going out";
        Optional<FirewallVerdict> drop =
                verdicts.stream().filter(each -> each.passes() == Truth.NO).findFirst();
        if (drop.isPresent()) {
            return Finding.failed(
                    CHECK,
                    name.value(),
                    program + " drops advertisements " + way + ": " + drop.get().reason(),
                    advice(name, incoming, program));
        }
        return verdicts.stream()
                .filter(each -> each.passes() == Truth.MAYBE)
                .findFirst()
                .map(perhaps -> Finding.warning(
                        CHECK,
                        name.value(),
                        program + " may drop advertisements " + way + ": " + perhaps.reason(),
                        advice(name, incoming, program)))
                .orElseGet(() -> Finding.ok(CHECK, name.value(), program + " lets advertisements " + way + " through"));
    }

    private static String advice(InterfaceName name, boolean incoming, String program) {
        if (program.equals("iptables")) {
            return "iptables -I " + (incoming ? "INPUT -i " : "OUTPUT -o ") + name + " -p 112 -j ACCEPT";
        }
        return "accept them before that, such as: meta l4proto 112 " + (incoming ? "iifname " : "oifname ") + name
                + " accept; with firewalld: firewall-cmd --permanent --add-protocol=vrrp";
    }
}
