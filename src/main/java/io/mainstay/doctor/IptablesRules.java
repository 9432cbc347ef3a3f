// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The rules of the older iptables of one family, as {@code iptables-legacy-save} prints them, as they concern one packet. */
final class IptablesRules {

    private final FirewallPacket packet;

    private IptablesRules(FirewallPacket packet) {
        this.packet = packet;
    }

    /** What becomes of the packet in each chain that the kernel sends it through. */
    static List<FirewallVerdict> verdicts(String saved, FirewallPacket packet) {
        return new IptablesRules(packet).read(saved);
    }

    private List<FirewallVerdict> read(String saved) {
        List<FirewallVerdict> verdicts = new ArrayList<>();
        List<String> onTheWay = packet.incoming() ? List.of("PREROUTING", "INPUT") : List.of("OUTPUT", "POSTROUTING");
        String table = "";
        Map<String, Boolean> policies = new HashMap<>();
        Map<String, List<FirewallRule>> rules = new HashMap<>();
        for (String line : saved.lines().toList()) {
            if (line.startsWith("*")) {
                table = line.substring(1).strip();
                policies.clear();
                rules.clear();
            } else if (line.startsWith(":")) {
                String[] words = line.substring(1).split(" ", -1);
                policies.put(words[0], words.length > 1 && words[1].equals("DROP"));
            } else if (line.startsWith("-A ")) {
                List<String> words = List.of(line.split(" +", -1));
                rules.computeIfAbsent(words.get(1), fresh -> new ArrayList<>()).add(rule(words, table, line));
            } else if (line.startsWith("COMMIT")) {
                for (String chain : onTheWay) {
                    if (policies.containsKey(chain)) {
                        verdicts.add(FirewallVerdict.of(
                                new FirewallChain(
                                        "chain " + chain + " of iptables table " + table,
                                        rules.getOrDefault(chain, List.of()),
                                        policies.get(chain)),
                                Map.copyOf(rules)));
                    }
                }
            }
        }
        return verdicts;
    }

    private FirewallRule rule(List<String> words, String table, String line) {
        Truth matches = Truth.YES;
        FirewallRule.Verdict verdict = FirewallRule.Verdict.CONTINUE;
        String target = "";
        boolean negated = false;
        for (int i = 2; i < words.size(); i++) {
            String argument = i + 1 < words.size() ? words.get(i + 1) : "";
            Truth here = Truth.YES;
            switch (words.get(i)) {
                case "!" -> {
                    negated = true;
                    continue;
                }
                case "-p" ->
                    here = Truth.of(argument.equals("112") || argument.equals("vrrp") || argument.equals("all"));
                case "-i" -> here = packet.incoming() ? interfaceName(argument) : Truth.NO;
                case "-o" -> here = packet.incoming() ? Truth.NO : interfaceName(argument);
                case "-d" -> here = packet.goesTo(argument);
                case "-s" -> here = packet.comesFrom(argument);
                case "--ctstate", "--state" ->
                    here = Truth.of(List.of(argument.split(",", -1)).contains("NEW"));
                case "-m", "--reject-with", "--log-prefix", "--log-level", "--comment" -> {
                    // The match itself follows as an option of its own.
                }
                case "-j", "-g" -> {
                    verdict = verdict(argument, words.get(i).equals("-g"));
                    target = argument;
                }
                default -> here = words.get(i).startsWith("-") ? Truth.MAYBE : Truth.YES;
            }
            matches = matches.and(negated ? here.negated() : here);
            negated = false;
        }
        return new FirewallRule("the rule \"" + line + "\" of iptables table " + table, matches, verdict, target);
    }

    private static FirewallRule.Verdict verdict(String target, boolean gone) {
        return IptablesTarget.verdict(target).orElse(gone ? FirewallRule.Verdict.GOTO : FirewallRule.Verdict.JUMP);
    }

    private Truth interfaceName(String name) {
        String own = packet.interfaceName().value();
        return Truth.of(name.endsWith("+") ? own.startsWith(name.substring(0, name.length() - 1)) : own.equals(name));
    }
}
