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
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Whether a firewall of this host drops advertisements, by its rules; names the rule that does. */
final class FirewallCheck {

    private static final String CHECK = "firewall";

    /**
     * iptables of one family, of which a host may have two at once.
     *
     * @param legacyTables where the kernel names the tables of the older one; there is none without them
     */
    private record Iptables(IpFamily family, String program, String legacyTables) {}

    private static final List<Iptables> IPTABLES = List.of(
            new Iptables(IpFamily.IPV4, "iptables", "/proc/net/ip_tables_names"),
            new Iptables(IpFamily.IPV6, "ip6tables", "/proc/net/ip6_tables_names"));

    private FirewallCheck() {}

    static List<Finding> examine(Patient patient) {
        List<Finding> findings = new ArrayList<>();
        Map<IpFamily, Set<String>> told = new EnumMap<>(IpFamily.class);
        for (Iptables iptables : IPTABLES) {
            List<FirewallPacket> packets = packets(patient, iptables.family());
            if (!packets.isEmpty()) {
                findings.addAll(examineLegacy(patient.host(), iptables, packets));
                // nft lists these as well, but has no word for most of what they ask of a packet.
                if (patient.host().run(List.of(iptables.program() + "-nft-save"))
                        instanceof ProgramResult.Done(String saved)) {
                    Set<String> tables = IptablesRules.tables(saved);
                    told.put(iptables.family(), tables);
                    if (!tables.isEmpty()) {
                        findings.addAll(judgeIptables(packets, saved, iptables.program()));
                    }
                }
            }
        }
        findings.addAll(examineNft(patient, told));
        return findings;
    }

    /** @param told the tables of each family that are judged already */
    private static List<Finding> examineNft(Patient patient, Map<IpFamily, Set<String>> told) {
        return switch (patient.host().run(List.of("nft", "-j", "list", "ruleset"))) {
            case ProgramResult.Done(String rules) ->
                judge(
                        packets(patient),
                        packet -> NftRules.verdicts(rules, packet, told.getOrDefault(packet.family(), Set.of())),
                        "nftables");
            case ProgramResult.Failed failed ->
                List.of(Finding.skipped(
                        CHECK, "", "the rules of nftables cannot be listed: " + failed.reason(), "run as root"));
            case ProgramResult.Missing ignored ->
                List.of(Finding.skipped(
                        CHECK,
                        "",
                        "the rules of nftables cannot be listed: there is no program nft",
                        "install nftables to have them looked at"));
        };
    }

    private static List<Finding> examineLegacy(Host host, Iptables iptables, List<FirewallPacket> packets) {
        if (host.read(iptables.legacyTables())
                .filter(tables -> !tables.isBlank())
                .isEmpty()) {
            return List.of();
        }
        return switch (host.run(List.of(iptables.program() + "-legacy-save"))) {
            case ProgramResult.Done(String saved) -> judgeIptables(packets, saved, iptables.program());
            case ProgramResult.Failed failed ->
                List.of(Finding.skipped(
                        CHECK,
                        "",
                        "the rules of " + iptables.program() + " cannot be listed: " + failed.reason(),
                        "run as root"));
            case ProgramResult.Missing ignored ->
                List.of(Finding.warning(
                        CHECK,
                        "",
                        iptables.program() + " has rules, and there is no program to list them",
                        "look at them by the " + iptables.program() + "-legacy that made them"));
        };
    }

    private static List<Finding> judgeIptables(List<FirewallPacket> packets, String saved, String program) {
        return judge(packets, packet -> IptablesRules.verdicts(saved, packet), program);
    }

    private static IpAddress group(IpFamily family) {
        return family == IpFamily.IPV4 ? Ipv4Address.VRRP_GROUP : Ipv6Address.VRRP_GROUP;
    }

    private static List<FirewallPacket> packets(Patient patient, IpFamily family) {
        return packets(patient).stream()
                .filter(packet -> packet.family() == family)
                .toList();
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
            List<FirewallPacket> packets, Function<FirewallPacket, List<FirewallVerdict>> verdicts, String program) {
        List<Finding> findings = new ArrayList<>();
        for (FirewallPacket packet : packets) {
            try {
                findings.add(judge(packet, verdicts.apply(packet), program));
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
                : "nobody would hear this node as Active, so that it cannot be";
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
