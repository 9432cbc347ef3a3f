// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What would become of a flow.
 *
 * @param source where it comes from, as it was asked
 * @param destination where it arrives, with its transport
 * @param service that it is of; empty: none
 * @param engine {@code kernel} or {@code proxy}; empty: none has it
 * @param mode of the kernel engine, such as {@code full_nat}; empty: none
 * @param active whether this node serves the destination now
 * @param served whether a backend would get it, as things are
 * @param verdict {@code forwarded}, {@code reset}, {@code too_big}, {@code dropped}, {@code stack} or {@code mixed} of the
 *     kernel engine; {@code accepted} or {@code refused} of the proxy engine; of a node that is not Active, what it would be
 * @param reason the counter that tells of a packet that is not forwarded; empty: none does
 * @param known how far the flow has come, if the kernel engine knows it; else empty
 * @param backend where it goes; empty: nowhere, or nobody can say
 * @param leavesAs source and destination of the packet that leaves; empty: not known
 * @param via interface and gateway by which it leaves; empty: not known
 * @param spread how many of the source ports that were tried lead to which backend; empty if one was given
 * @param sentences all of it, for people
 */
public record FlowExplanation(
        String source,
        String destination,
        String service,
        String engine,
        String mode,
        boolean active,
        boolean served,
        String verdict,
        String reason,
        String known,
        String backend,
        String leavesAs,
        String via,
        Map<String, Long> spread,
        List<String> sentences) {

    public FlowExplanation {
        spread = Collections.unmodifiableMap(new LinkedHashMap<>(spread));
        sentences = List.copyOf(sentences);
    }
}
