// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the data path would do with a flow, told.
 *
 * @param service of the kernel engine; empty: none
 * @param mode such as {@code full_nat}; empty: none
 * @param active whether the address counts here now; else the rest says what would be, if it did
 * @param verdict {@code forwarded}, {@code reset}, {@code too_big}, {@code dropped}, {@code stack} for what goes up to the
 *     network stack of this host, or {@code mixed} if that depends on the source port
 * @param reason what was counted when it was not forwarded: an event such as {@code drop_no_backend}, or why the service turned
 *     its client away, such as {@code source_full}; empty: nothing
 * @param known {@code opening}, {@code established}, {@code closing} or {@code closed} if the flow is known; else empty
 * @param backend where it goes; empty: nowhere, or that depends on the source port
 * @param leavesAs the packet that leaves: source and destination; empty: none
 * @param via interface and gateway by which it leaves; empty: not known
 * @param spread how many of the source ports that were tried lead to which backend; empty if one was given
 * @param sentences all of it, for people
 */
public record FlowStory(
        String service,
        String mode,
        boolean active,
        String verdict,
        String reason,
        String known,
        String backend,
        String leavesAs,
        String via,
        Map<String, Long> spread,
        List<String> sentences) {

    public FlowStory {
        spread = Collections.unmodifiableMap(new LinkedHashMap<>(spread));
        sentences = List.copyOf(sentences);
    }

    /** Whether a backend would get it as things are. */
    public boolean served() {
        return active && (verdict.equals("forwarded") || verdict.equals("mixed"));
    }
}
