// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Something that happened on the node, as the journal keeps it.
 *
 * @param sequence counts up from 1 without gaps, over restarts too as long as the journal's files are kept
 * @param time wall-clock time, for people only
 * @param severity how much it asks of the operator
 * @param kind what sort of event, a stable word for programs, such as {@code transition}
 * @param subject what it happened to, such as the name of a virtual router or {@code service/backend}
 * @param sentence what happened, for people
 * @param fields further facts in the order in which they are to be read
 */
public record Event(
        long sequence,
        Instant time,
        Severity severity,
        String kind,
        String subject,
        String sentence,
        Map<String, String> fields) {

    public Event {
        fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    }
}
