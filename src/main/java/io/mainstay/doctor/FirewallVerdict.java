// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import java.util.List;
import java.util.Map;

/**
 * What becomes of a packet in one chain.
 *
 * @param passes whether it gets through
 * @param reason the rule or policy that drops it, or may; empty if it surely gets through
 */
record FirewallVerdict(Truth passes, String reason) {

    private static final int DEEPEST_JUMP = 64;
    private static final int MOST_STEPS = 100_000;

    /** @param others the chains that rules jump to, by the names that the rules use */
    static FirewallVerdict of(FirewallChain chain, Map<String, List<FirewallRule>> others) {
        return new Walk(others).through(chain);
    }

    private static final class Walk {

        private final Map<String, List<FirewallRule>> others;
        private String drop = "";
        private String perhapsDrop = "";
        private String perhapsAccept = "";
        private int steps;

        private Walk(Map<String, List<FirewallRule>> others) {
            this.others = others;
        }

        private enum End {
            ACCEPTED,
            DROPPED,
            THROUGH
        }

        private FirewallVerdict through(FirewallChain chain) {
            End end = walk(chain.rules(), true, 0);
            if (end == End.THROUGH && chain.drops()) {
                end = End.DROPPED;
                drop = "the policy of " + chain.name() + ", which drops what no rule accepts";
            }
            if (end != End.DROPPED) {
                return perhapsDrop.isEmpty()
                        ? new FirewallVerdict(Truth.YES, "")
                        : new FirewallVerdict(Truth.MAYBE, perhapsDrop);
            }
            return perhapsAccept.isEmpty()
                    ? new FirewallVerdict(Truth.NO, drop)
                    : new FirewallVerdict(Truth.MAYBE, drop + ", unless it meets " + perhapsAccept);
        }

        /** @param here whether the packet surely gets to this chain */
        private End walk(List<FirewallRule> rules, boolean here, int depth) {
            boolean surely = here;
            for (FirewallRule rule : rules) {
                if (++steps > MOST_STEPS || depth > DEEPEST_JUMP) {
                    return End.THROUGH;
                }
                if (rule.matches() == Truth.NO) {
                    continue;
                }
                boolean certain = surely && rule.matches() == Truth.YES;
                switch (rule.verdict()) {
                    case ACCEPT -> {
                        if (certain) {
                            return End.ACCEPTED;
                        }
                        perhapsAccept = first(perhapsAccept, rule.name());
                    }
                    case DROP -> {
                        if (certain) {
                            drop = rule.name();
                            return End.DROPPED;
                        }
                        perhapsDrop = first(perhapsDrop, rule.name());
                    }
                    case JUMP, GOTO -> {
                        End below = walk(others.getOrDefault(rule.target(), List.of()), certain, depth + 1);
                        if (certain && below != End.THROUGH) {
                            return below;
                        }
                        if (rule.verdict() == FirewallRule.Verdict.GOTO) {
                            if (rule.matches() == Truth.YES) {
                                return End.THROUGH;
                            }
                            surely = false;
                        }
                    }
                    case RETURN -> {
                        if (rule.matches() == Truth.YES) {
                            return End.THROUGH;
                        }
                        // Perhaps what follows in this chain never sees it.
                        surely = false;
                    }
                    case CONTINUE -> {}
                    case UNKNOWN -> perhapsDrop = first(perhapsDrop, rule.name());
                }
            }
            return End.THROUGH;
        }

        private static String first(String known, String found) {
            return known.isEmpty() ? found : known;
        }
    }
}
