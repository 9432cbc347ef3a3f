// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

/**
 * One rule as it concerns one packet.
 *
 * @param name where it stands, for people
 * @param matches whether it concerns the packet
 * @param verdict what it does then
 * @param target the chain that it goes on to; empty unless the verdict says so
 */
record FirewallRule(String name, Truth matches, Verdict verdict, String target) {

    /** What a rule does with a packet that it matches. */
    enum Verdict {
        ACCEPT,
        DROP,
        JUMP,
        GOTO,
        RETURN,
        /** It goes on, as after counting or logging. */
        CONTINUE,
        /** Nobody can tell. */
        UNKNOWN
    }
}
