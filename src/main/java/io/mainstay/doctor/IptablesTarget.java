// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import java.util.Optional;

/** What the targets of iptables do with a packet (iptables-extensions(8)). Stateless. */
final class IptablesTarget {

    private IptablesTarget() {}

    /** Empty if it is a chain, or a target whose effect is not known here. */
    static Optional<FirewallRule.Verdict> verdict(String name) {
        return switch (name) {
            case "ACCEPT" -> Optional.of(FirewallRule.Verdict.ACCEPT);
            case "DROP", "REJECT" -> Optional.of(FirewallRule.Verdict.DROP);
            case "RETURN" -> Optional.of(FirewallRule.Verdict.RETURN);
            case "NFQUEUE", "QUEUE" -> Optional.of(FirewallRule.Verdict.UNKNOWN);
            case "AUDIT",
                    "CHECKSUM",
                    "CLASSIFY",
                    "CONNMARK",
                    "CONNSECMARK",
                    "CT",
                    "DNAT",
                    "DSCP",
                    "HL",
                    "LOG",
                    "MARK",
                    "MASQUERADE",
                    "NETMAP",
                    "NFLOG",
                    "NOTRACK",
                    "RATEEST",
                    "REDIRECT",
                    "SECMARK",
                    "SET",
                    "SNAT",
                    "TCPMSS",
                    "TCPOPTSTRIP",
                    "TEE",
                    "TOS",
                    "TRACE",
                    "TTL",
                    "ULOG" -> Optional.of(FirewallRule.Verdict.CONTINUE);
            default -> Optional.empty();
        };
    }
}
