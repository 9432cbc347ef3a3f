// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * The rules of iptables of one family, as {@code iptables-legacy-save} and {@code iptables-nft-save} print them
 * (iptables-extensions(8)), as they concern one packet.
 */
final class IptablesRules {

    /** A word, or several in quotes, such as a comment. */
    private static final Pattern WORD = Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*\"|\\S+");

    private static final Set<String> ABSENT_HEADERS = Set.of("ah", "dst", "esp", "frag", "hbh", "mh", "rt");

    private final FirewallPacket packet;

    private IptablesRules(FirewallPacket packet) {
        this.packet = packet;
    }

    /** What becomes of the packet in each chain that the kernel sends it through. */
    static List<FirewallVerdict> verdicts(String saved, FirewallPacket packet) {
        return new IptablesRules(packet).read(saved);
    }

    /** The tables that are told of. */
    static Set<String> tables(String saved) {
        Set<String> tables = new TreeSet<>();
        saved.lines()
                .filter(line -> line.startsWith("*"))
                .forEach(line -> tables.add(line.substring(1).strip()));
        return tables;
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
                List<String> words =
                        WORD.matcher(line).results().map(MatchResult::group).toList();
                rules.computeIfAbsent(words.get(1), fresh -> new ArrayList<>())
                        .add(rule(words, table, line, policies.keySet()));
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

    private FirewallRule rule(List<String> words, String table, String line, Set<String> chains) {
        String name = "the rule \"" + line + "\" of iptables table " + table;
        Truth matches = Truth.YES;
        boolean negated = false;
        for (int i = 2; i < words.size(); i++) {
            String argument = i + 1 < words.size() ? words.get(i + 1) : "";
            switch (words.get(i)) {
                case "!" -> {
                    negated = true;
                    continue;
                }
                case "-j" -> {
                    // What follows belongs to the target.
                    return new FirewallRule(name, matches, jump(argument, chains), argument);
                }
                case "-g" -> {
                    return new FirewallRule(name, matches, FirewallRule.Verdict.GOTO, argument);
                }
                case "-m" -> matches = matches.and(match(argument, words));
                default -> {
                    if (words.get(i).startsWith("-")) {
                        Truth here = condition(words.get(i), argument);
                        matches = matches.and(negated ? here.negated() : here);
                    }
                }
            }
            negated = false;
        }
        return new FirewallRule(name, matches, FirewallRule.Verdict.CONTINUE, "");
    }

    /** A match that says something by itself; the others do by the options that follow. */
    private Truth match(String match, List<String> words) {
        if (ABSENT_HEADERS.contains(match)) {
            return Truth.NO;
        }
        if (match.equals("rpfilter")) {
            Truth fails = packet.hasNoWayBack();
            return words.contains("--invert") ? fails : fails.negated();
        }
        return Truth.YES;
    }

    private Truth condition(String option, String argument) {
        return switch (option) {
            case "-p" -> Truth.of(argument.equals("112") || argument.equals("vrrp") || argument.equals("all"));
            case "-i" -> packet.incoming() ? interfaceName(argument) : Truth.NO;
            case "-o" -> packet.incoming() ? Truth.NO : interfaceName(argument);
            case "-d" -> packet.goesTo(argument);
            case "-s" -> packet.comesFrom(argument);
            case "-f" -> Truth.NO;
            case "--ctstate", "--state" ->
                Truth.of(List.of(argument.split(",", -1)).contains("NEW"));
            case "--ctstatus" -> Truth.of(List.of(argument.split(",", -1)).contains("NONE"));
            case "--pkt-type" ->
                packet.arrivedAs().map(argument::equals).map(Truth::of).orElse(Truth.MAYBE);
            case "--dst-type" -> anyOf(argument, packet::goesToType);
            case "--src-type" -> anyOf(argument, packet::comesFromType);
            case "--ttl-eq", "--hl-eq" -> Truth.of(argument.equals("255"));
            case "--comment", "--loose", "--validmark", "--accept-local", "--invert" -> Truth.YES;
            default -> Truth.MAYBE;
        };
    }

    private static Truth anyOf(String types, Function<String, Truth> isType) {
        return Truth.of(List.of(types.split(",", -1)).stream().anyMatch(type -> isType.apply(type) == Truth.YES));
    }

    private static FirewallRule.Verdict jump(String target, Set<String> chains) {
        return chains.contains(target)
                ? FirewallRule.Verdict.JUMP
                : IptablesTarget.verdict(target).orElse(FirewallRule.Verdict.UNKNOWN);
    }

    private Truth interfaceName(String name) {
        String own = packet.interfaceName().value();
        return Truth.of(name.endsWith("+") ? own.startsWith(name.substring(0, name.length() - 1)) : own.equals(name));
    }
}
