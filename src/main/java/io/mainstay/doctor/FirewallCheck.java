// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import io.mainstay.doctor.Host.ProgramResult;
import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpFamily;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Ipv6Address;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;

/** Whether a firewall of this host drops advertisements, by its rules; names the rule that does. */
final class FirewallCheck {

    private static final String CHECK = "firewall";

    /**
     * The older iptables, one program for each family.
     *
     * @param tables where the kernel names the tables that it has made; there is none without them
     */
    private record Legacy(IpFamily family, String program, String tables) {}

    private static final List<Legacy> LEGACY = List.of(
            new Legacy(IpFamily.IPV4, "iptables", "/proc/net/ip_tables_names"),
            new Legacy(IpFamily.IPV6, "ip6tables", "/proc/net/ip6_tables_names"));

    private FirewallCheck() {}

    static List<Finding> examine(Patient patient) {
        List<Finding> findings = new ArrayList<>();
        switch (patient.host().run(List.of("nft", "-j", "list", "ruleset"))) {
            case ProgramResult.Done done ->
                findings.addAll(judge(packets(patient), done.output(), NftRules::verdicts, "nftables"));
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
        LEGACY.stream()
                .filter(legacy -> patient.host()
                        .read(legacy.tables())
                        .filter(tables -> !tables.isBlank())
                        .isPresent())
                .forEach(legacy -> findings.addAll(examine(patient, legacy)));
        return findings;
    }

    private static List<Finding> examine(Patient patient, Legacy legacy) {
        List<FirewallPacket> packets = packets(patient).stream()
                .filter(packet -> packet.family() == legacy.family())
                .toList();
        if (packets.isEmpty()) {
            return List.of();
        }
        return switch (patient.host().run(List.of(legacy.program() + "-legacy-save"))) {
            case ProgramResult.Done done -> judge(packets, done.output(), IptablesRules::verdicts, legacy.program());
            case ProgramResult.Failed failed ->
                List.of(Finding.skipped(
                        CHECK,
                        "",
                        "the rules of " + legacy.program() + " cannot be listed: " + failed.reason(),
                        "run as root"));
            case ProgramResult.Missing ignored ->
                List.of(Finding.warning(
                        CHECK,
                        "",
                        legacy.program() + " has rules, and there is no program to list them",
                        "look at them by the " + legacy.program() + "-legacy that made them"));
        };
    }

    private static IpAddress group(IpFamily family) {
        return family == IpFamily.IPV4 ? Ipv4Address.VRRP_GROUP : Ipv6Address.VRRP_GROUP;
    }

    /** One for each interface, family, direction and unicast peer. */
    private static List<FirewallPacket> packets(Patient patient) {
        Set<FirewallPacket> packets = new LinkedHashSet<>();
        for (VirtualRouterConfig router : patient.routers()) {
            InterfaceName name = router.interfaceName();
            for (IpFamily family : router.families()) {
                Optional<IpAddress> own = patient.source(router, family);
                List<IpAddress> peers = router.protocol().unicastPeers(family);
                if (peers.isEmpty()) {
                    packets.add(new FirewallPacket(name, true, Optional.empty(), group(family)));
                    packets.add(new FirewallPacket(name, false, own, group(family)));
                }
                for (IpAddress peer : peers) {
                    own.ifPresent(here -> packets.add(new FirewallPacket(name, true, Optional.of(peer), here)));
                    packets.add(new FirewallPacket(name, false, own, peer));
                }
            }
        }
        return List.copyOf(packets);
    }

    private static List<Finding> judge(
            List<FirewallPacket> packets,
            String rules,
            BiFunction<String, FirewallPacket, List<FirewallVerdict>> verdicts,
            String program) {
        List<Finding> findings = new ArrayList<>();
        for (FirewallPacket packet : packets) {
            try {
                findings.add(judge(packet, verdicts.apply(rules, packet), program));
            } catch (RuntimeException e) {
                findings.add(Finding.skipped(
                        CHECK,
                        packet.interfaceName().value(),
                        "the rules of " + program + " are not understood: " + e.getMessage(),
                        "look at them by hand for what drops IP protocol 112"));
            }
        }
        return findings;
    }

    private static Finding judge(FirewallPacket packet, List<FirewallVerdict> verdicts, String program) {
        String subject = packet.interfaceName().value();
        Optional<FirewallVerdict> drop =
                verdicts.stream().filter(each -> each.passes() == Truth.NO).findFirst();
        if (drop.isPresent()) {
            return Finding.failed(
                    CHECK,
                    subject,
                    program + " drops " + packet.what() + ": " + drop.get().reason() + "; " + consequence(packet),
                    advice(packet, program));
        }
        return verdicts.stream()
                .filter(each -> each.passes() == Truth.MAYBE)
                .findFirst()
                .map(perhaps -> Finding.warning(
                        CHECK,
                        subject,
                        program + " may drop " + packet.what() + ": " + perhaps.reason(),
                        advice(packet, program)))
                .orElseGet(() -> Finding.ok(CHECK, subject, program + " lets " + packet.what() + " through"));
    }

    private static String consequence(FirewallPacket packet) {
        return packet.incoming()
                ? "this node hears no Active, and becomes Active beside it"
                : "the other nodes do not hear this one, and become Active beside it";
    }

    private static String advice(FirewallPacket packet, String program) {
        String interfaceName = packet.interfaceName().value();
        if (!program.equals("nftables")) {
            return program + " -I " + (packet.incoming() ? "INPUT -i " : "OUTPUT -o ") + interfaceName
                    + " -p 112 -j ACCEPT";
        }
        return "accept them before that, such as: meta l4proto 112 " + (packet.incoming() ? "iifname " : "oifname ")
                + interfaceName + " accept; with firewalld: firewall-cmd --permanent --add-protocol=vrrp";
    }
}
