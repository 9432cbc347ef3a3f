// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.mainstay.net.IpFamily;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** The rules of nftables, as {@code nft -j list ruleset} prints them (libnftables-json(5)), as they concern one packet. */
final class NftRules {

    private static final Set<String> INCOMING = Set.of("ingress", "prerouting", "input");
    private static final Set<String> OUTGOING = Set.of("output", "postrouting", "egress");

    /** Headers that packets of all protocols have, or may have. */
    private static final Set<String> ANY_PACKET = Set.of("ether", "th");

    private final FirewallPacket packet;

    /** Names of tables of the packet's family that are not looked at. */
    private final Set<String> leftOut;

    private final Map<String, List<FirewallRule>> rules = new HashMap<>();
    private final Map<String, JsonArray> sets = new HashMap<>();
    private final List<JsonObject> baseChains = new ArrayList<>();

    /** Tables that are switched off. */
    private final Set<String> dormant = new HashSet<>();

    private NftRules(FirewallPacket packet, Set<String> leftOut) {
        this.packet = packet;
        this.leftOut = leftOut;
    }

    /**
     * What becomes of the packet in each chain that the kernel sends it through.
     *
     * @param leftOut tables of iptables-nft of the packet's family that are read elsewhere: nft has no word for much in them
     * @throws RuntimeException if the text is not what nft prints
     */
    static List<FirewallVerdict> verdicts(String json, FirewallPacket packet, Set<String> leftOut) {
        NftRules nft = new NftRules(packet, leftOut);
        JsonArray entries = JsonParser.parseString(json).getAsJsonObject().getAsJsonArray("nftables");
        entries.forEach(entry -> nft.takeSet(entry.getAsJsonObject()));
        entries.forEach(entry -> nft.take(entry.getAsJsonObject()));
        return nft.baseChains.stream().map(nft::verdict).toList();
    }

    private void takeSet(JsonObject entry) {
        if (entry.has("table") && entry.getAsJsonObject("table").has("flags")) {
            JsonObject table = entry.getAsJsonObject("table");
            if (strings(table.get("flags")).anyMatch("dormant"::equals)) {
                dormant.add(table.get("family").getAsString() + " "
                        + table.get("name").getAsString());
            }
        }
        for (String kind : List.of("set", "map")) {
            if (entry.has(kind)) {
                JsonObject set = entry.getAsJsonObject(kind);
                if (set.has("elem") && set.get("elem").isJsonArray()) {
                    sets.put(chainKey(set, set.get("name").getAsString()), set.getAsJsonArray("elem"));
                }
            }
        }
    }

    private void take(JsonObject entry) {
        if (entry.has("chain")) {
            JsonObject chain = entry.getAsJsonObject("chain");
            if (isOnTheWay(chain)) {
                baseChains.add(chain);
            }
        } else if (entry.has("rule")) {
            JsonObject rule = entry.getAsJsonObject("rule");
            String chain = rule.get("chain").getAsString();
            if (families().contains(rule.get("family").getAsString())) {
                rules.computeIfAbsent(chainKey(rule, chain), fresh -> new ArrayList<>())
                        .addAll(rulesOf(rule));
            }
        }
    }

    /** The families of tables that see the packet. */
    private Set<String> families() {
        return Set.of(ip(), "inet", "netdev");
    }

    private String ip() {
        return packet.family() == IpFamily.IPV4 ? "ip" : "ip6";
    }

    private boolean isOnTheWay(JsonObject chain) {
        if (dormant.contains(table(chain)) || isLeftOut(chain)) {
            return false;
        }
        if (!chain.has("hook") || !families().contains(chain.get("family").getAsString())) {
            return false;
        }
        boolean hooked = (packet.incoming() ? INCOMING : OUTGOING)
                .contains(chain.get("hook").getAsString());
        return hooked
                && (!chain.has("dev")
                        || strings(chain.get("dev"))
                                .anyMatch(packet.interfaceName().value()::equals));
    }

    private boolean isLeftOut(JsonObject chain) {
        return chain.get("family").getAsString().equals(ip())
                && leftOut.contains(chain.get("table").getAsString());
    }

    private static Stream<String> strings(JsonElement element) {
        return element.isJsonArray()
                ? element.getAsJsonArray().asList().stream().map(JsonElement::getAsString)
                : Stream.of(element.getAsString());
    }

    private FirewallVerdict verdict(JsonObject chain) {
        String name = chain.get("name").getAsString();
        boolean drops = chain.has("policy") && chain.get("policy").getAsString().equals("drop");
        return FirewallVerdict.of(
                new FirewallChain(
                        "chain " + name + " of table " + table(chain),
                        rules.getOrDefault(chainKey(chain, name), List.of()),
                        drops),
                rules);
    }

    private static String table(JsonObject of) {
        return of.get("family").getAsString() + " " + of.get("table").getAsString();
    }

    private static String chainKey(JsonObject of, String name) {
        return table(of) + " " + name;
    }

    /** One, or for a verdict map one for each verdict that it may give. */
    private List<FirewallRule> rulesOf(JsonObject rule) {
        String name = "the rule with handle " + rule.get("handle") + " in chain "
                + rule.get("chain").getAsString() + " of table " + table(rule);
        Truth matches = Truth.YES;
        List<FirewallRule> found = new ArrayList<>();
        boolean unnamed = false;
        for (JsonElement element : rule.getAsJsonArray("expr")) {
            if (!element.isJsonObject()) {
                continue;
            }
            JsonObject statement = element.getAsJsonObject();
            String kind = statement.keySet().iterator().next();
            JsonElement value = statement.get(kind);
            switch (kind) {
                case "match" -> matches = matches.and(match(rule, value.getAsJsonObject()));
                case "limit", "quota", "connlimit", "ct count" -> matches = matches.and(Truth.MAYBE);
                case "xt" -> {
                    if (isTarget(value)) {
                        found.add(new FirewallRule(name, matches, verdictOfTarget(value), ""));
                    } else if (!isComment(value)) {
                        matches = matches.and(Truth.MAYBE);
                        unnamed |= !value.isJsonObject();
                    }
                }
                case "accept" -> found.add(new FirewallRule(name, matches, FirewallRule.Verdict.ACCEPT, ""));
                case "drop", "reject" -> found.add(new FirewallRule(name, matches, FirewallRule.Verdict.DROP, ""));
                case "return" -> found.add(new FirewallRule(name, matches, FirewallRule.Verdict.RETURN, ""));
                case "jump", "goto" -> found.add(jump(name, matches, kind, rule, value.getAsJsonObject()));
                case "queue" -> found.add(new FirewallRule(name, matches, FirewallRule.Verdict.UNKNOWN, ""));
                case "vmap" -> found.addAll(map(name, matches, rule, value.getAsJsonObject()));
                default -> {
                    // Counts, logs, marks: the packet goes on.
                }
            }
        }
        if (unnamed && found.isEmpty()) {
            found.add(new FirewallRule(name, matches, FirewallRule.Verdict.UNKNOWN, ""));
        }
        return found;
    }

    /**
     * A match or target of iptables-nft that nft has no word for: {@code {"type": "target", "name": "REJECT"}} as of nft 1.0.6, and
     * null before, when it could be either.
     */
    private static boolean isTarget(JsonElement xt) {
        return xt.isJsonObject() && isWord(xt.getAsJsonObject().get("type"), "target");
    }

    private static FirewallRule.Verdict verdictOfTarget(JsonElement xt) {
        return IptablesTarget.verdict(xt.getAsJsonObject().get("name").getAsString())
                .orElse(FirewallRule.Verdict.UNKNOWN);
    }

    private static boolean isComment(JsonElement xt) {
        return xt.isJsonObject() && isWord(xt.getAsJsonObject().get("name"), "comment");
    }

    private static FirewallRule jump(String name, Truth matches, String kind, JsonObject rule, JsonObject jump) {
        return new FirewallRule(
                name,
                matches,
                kind.equals("jump") ? FirewallRule.Verdict.JUMP : FirewallRule.Verdict.GOTO,
                chainKey(rule, jump.get("target").getAsString()));
    }

    private List<FirewallRule> map(String name, Truth matches, JsonObject rule, JsonObject map) {
        List<FirewallRule> found = new ArrayList<>();
        for (JsonElement element : elements(rule, map.get("data"))) {
            JsonArray pair = element.getAsJsonArray();
            Truth applies = matches.and(compare(rule, map.get("key"), pair.get(0)));
            JsonObject verdict = pair.get(1).getAsJsonObject();
            String kind = verdict.keySet().iterator().next();
            switch (kind) {
                case "accept" -> found.add(new FirewallRule(name, applies, FirewallRule.Verdict.ACCEPT, ""));
                case "drop" -> found.add(new FirewallRule(name, applies, FirewallRule.Verdict.DROP, ""));
                case "jump", "goto" -> found.add(jump(name, applies, kind, rule, verdict.getAsJsonObject(kind)));
                default -> found.add(new FirewallRule(name, applies, FirewallRule.Verdict.CONTINUE, ""));
            }
        }
        return found;
    }

    private List<JsonElement> elements(JsonObject rule, JsonElement data) {
        if (data.isJsonObject() && data.getAsJsonObject().has("set")) {
            return data.getAsJsonObject().getAsJsonArray("set").asList();
        }
        if (data.isJsonPrimitive() && data.getAsString().startsWith("@")) {
            return sets.getOrDefault(chainKey(rule, data.getAsString().substring(1)), new JsonArray())
                    .asList();
        }
        return List.of();
    }

    private Truth match(JsonObject rule, JsonObject match) {
        if (isAbsent(match.get("left"))) {
            return Truth.NO;
        }
        Truth equal = compare(rule, match.get("left"), match.get("right"));
        return switch (match.get("op").getAsString()) {
            case "==", "in" -> equal;
            case "!=" -> equal.negated();
            default -> Truth.MAYBE;
        };
    }

    /**
     * Whether it is read from a header that the packet does not have, such as a port. nft asks first what the packet is, so that the
     * rule does not concern it, whatever the operator.
     */
    private boolean isAbsent(JsonElement left) {
        if (left.isJsonArray()) {
            return left.getAsJsonArray().asList().stream().anyMatch(this::isAbsent);
        }
        if (!left.isJsonObject()) {
            return false;
        }
        return left.getAsJsonObject().entrySet().stream().anyMatch(each -> switch (each.getKey()) {
            case "payload" -> isAbsentHeader(each.getValue().getAsJsonObject());
            case "&", "|", "^", "<<", ">>", "concat" -> isAbsent(each.getValue());
            default -> false;
        });
    }

    private boolean isAbsentHeader(JsonObject payload) {
        if (!payload.has("protocol")) {
            return false;
        }
        String protocol = payload.get("protocol").getAsString();
        return !protocol.equals(ip()) && !ANY_PACKET.contains(protocol);
    }

    private Truth compare(JsonObject rule, JsonElement left, JsonElement right) {
        if (isAbsent(left)) {
            return Truth.NO;
        }
        if (right.isJsonObject() && right.getAsJsonObject().has("set")) {
            return anyOf(
                    rule, left, right.getAsJsonObject().getAsJsonArray("set").asList());
        }
        if (right.isJsonArray()) {
            return anyOf(rule, left, right.getAsJsonArray().asList());
        }
        if (right.isJsonPrimitive() && right.getAsString().startsWith("@")) {
            JsonArray set = sets.get(chainKey(rule, right.getAsString().substring(1)));
            return set == null ? Truth.MAYBE : anyOf(rule, left, set.asList());
        }
        if (!left.isJsonObject() || left.getAsJsonObject().keySet().isEmpty()) {
            return Truth.MAYBE;
        }
        String kind = left.getAsJsonObject().keySet().iterator().next();
        JsonElement of = left.getAsJsonObject().get(kind);
        return switch (kind) {
            case "meta" -> meta(of.getAsJsonObject().get("key").getAsString(), right);
            case "payload" -> payload(of.getAsJsonObject(), right);
            case "ct" -> connection(of.getAsJsonObject().get("key").getAsString(), right);
            case "fib" -> route(of.getAsJsonObject(), right);
            default -> Truth.MAYBE;
        };
    }

    /** It is the first of its connection, which has been given no other address. */
    private static Truth connection(String key, JsonElement right) {
        return switch (key) {
            case "state" -> Truth.of(isWord(right, "new"));
            case "status" -> Truth.NO;
            default -> Truth.MAYBE;
        };
    }

    /** What nft looks up in the routes. */
    private Truth route(JsonObject fib, JsonElement right) {
        boolean toItsSource = strings(fib.get("flags")).anyMatch("saddr"::equals);
        return switch (fib.get("result").getAsString()) {
            case "type" ->
                right.isJsonPrimitive()
                        ? toItsSource
                                ? packet.comesFromType(right.getAsString())
                                : packet.goesToType(right.getAsString())
                        : Truth.MAYBE;
            case "oif" -> toItsSource && isWord(right, "false") ? packet.hasNoWayBack() : Truth.MAYBE;
            default -> Truth.MAYBE;
        };
    }

    private Truth anyOf(JsonObject rule, JsonElement left, List<JsonElement> rights) {
        Truth any = Truth.NO;
        for (JsonElement each : rights) {
            JsonElement element = each.isJsonObject() && each.getAsJsonObject().has("elem")
                    ? each.getAsJsonObject().getAsJsonObject("elem").get("val")
                    : each;
            Truth one = compare(rule, left, element);
            if (one == Truth.YES) {
                return Truth.YES;
            }
            any = one == Truth.MAYBE ? Truth.MAYBE : any;
        }
        return any;
    }

    private Truth meta(String key, JsonElement right) {
        return switch (key) {
            case "l4proto" -> protocol(right);
            case "nfproto" -> Truth.of(isWord(right, packet.family() == IpFamily.IPV4 ? "ipv4" : "ipv6"));
            case "protocol" -> Truth.of(isWord(right, ip()));
            case "pkttype" ->
                packet.arrivedAs()
                        .map(as -> isWord(right, as) || (as.equals("unicast") && isWord(right, "host")))
                        .map(Truth::of)
                        .orElse(Truth.MAYBE);
            case "iifname", "iif" -> packet.incoming() ? interfaceName(right) : Truth.of(isWord(right, ""));
            case "oifname", "oif" -> packet.incoming() ? Truth.of(isWord(right, "")) : interfaceName(right);
            default -> Truth.MAYBE;
        };
    }

    private Truth interfaceName(JsonElement right) {
        if (!right.isJsonPrimitive()) {
            return Truth.MAYBE;
        }
        String name = right.getAsString();
        String own = packet.interfaceName().value();
        return Truth.of(name.endsWith("*") ? own.startsWith(name.substring(0, name.length() - 1)) : own.equals(name));
    }

    private Truth payload(JsonObject payload, JsonElement right) {
        if (!payload.has("protocol") || !payload.get("protocol").getAsString().equals(ip())) {
            return Truth.MAYBE;
        }
        return switch (payload.get("field").getAsString()) {
            case "protocol", "nexthdr" -> protocol(right);
            case "saddr" -> network(right).map(packet::comesFrom).orElse(Truth.MAYBE);
            case "daddr" -> network(right).map(packet::goesTo).orElse(Truth.MAYBE);
            case "ttl", "hoplimit" -> Truth.of(isWord(right, "255"));
            default -> Truth.MAYBE;
        };
    }

    /** An address or network as text; empty for a range or the like. */
    private static Optional<String> network(JsonElement right) {
        if (right.isJsonPrimitive()) {
            return Optional.of(right.getAsString());
        }
        if (right.isJsonObject() && right.getAsJsonObject().has("prefix")) {
            JsonObject prefix = right.getAsJsonObject().getAsJsonObject("prefix");
            return Optional.of(
                    prefix.get("addr").getAsString() + "/" + prefix.get("len").getAsInt());
        }
        return Optional.empty();
    }

    private static Truth protocol(JsonElement right) {
        return Truth.of(isWord(right, "vrrp") || isWord(right, Integer.toString(FirewallPacket.PROTOCOL)));
    }

    private static boolean isWord(JsonElement element, String word) {
        return element.isJsonPrimitive() && element.getAsString().equals(word);
    }
}
