// SPDX-License-Identifier: Apache-2.0
package io.mainstay.explain;

import io.mainstay.observe.Event;
import java.time.Duration;
import java.util.Locale;

/** Numbers and names as a person would say them. Stateless. */
final class Spoken {

    private Spoken() {}

    /** {@code 0.4 ms}, {@code 43 ms}, {@code 3.04 s}, {@code 2 min 5 s}. */
    static String span(Duration duration) {
        double millis = Math.abs(duration.toNanos() / 1e6);
        if (millis < 9.95) {
            return millis == 0 ? "0 ms" : String.format(Locale.ROOT, "%.1f ms", millis);
        }
        if (millis < 999.5) {
            return String.format(Locale.ROOT, "%.0f ms", millis);
        }
        if (millis < 59_995) {
            String seconds = String.format(Locale.ROOT, "%.2f", millis / 1000);
            return seconds.replaceAll("\\.?0+$", "") + " s";
        }
        long seconds = Math.round(millis / 1000);
        return seconds < 3600
                ? seconds / 60 + " min " + seconds % 60 + " s"
                : seconds / 3600 + " h " + seconds % 3600 / 60 + " min";
    }

    /** A duration of an event, or a dash. */
    static String span(Event event, String name) {
        return Values.span(event, name).map(Spoken::span).orElse("-");
    }

    /** The router that decided, or that was the Active before. */
    static String peer(Event event) {
        String address = Values.text(event, "peer");
        return address.isEmpty() ? "another node" : address;
    }

    /** The same with its priority: {@code 198.18.0.1 (priority 250)}. */
    static String peerAndPriority(Event event) {
        String priority = Values.text(event, "peer_priority");
        return priority.isEmpty() ? peer(event) : peer(event) + " (priority " + priority + ")";
    }

    /** The member of the sync group that decided; journals of older versions do not name it. */
    static String member(Event event) {
        String member = Values.text(event, "member");
        return member.isEmpty() ? "another member" : member;
    }

    /** The command that tells of the move of that member, for those who want the whole story. */
    static String explainMember(Event event) {
        String member = Values.text(event, "member");
        return "`mainstay explain --router " + (member.isEmpty() ? "NAME" : member) + "`";
    }

    /** The sentence of a transition without its states. */
    static String cause(Event transition) {
        String sentence = transition.sentence();
        return sentence.substring(sentence.indexOf(": ") + 1).strip();
    }

    /** {@code 1 address}, {@code 200 addresses}. */
    static String addresses(Event event) {
        String number = Values.text(event, "addresses");
        return number.equals("1") ? "1 address" : number + " addresses";
    }
}
