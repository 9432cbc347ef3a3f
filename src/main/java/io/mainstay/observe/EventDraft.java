// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An event as its author writes it; the journal adds number and time. Overlong texts are cut, so that no event can fill
 * the journal.
 *
 * @param severity how much it asks of the operator
 * @param kind what sort of event: a stable word of lower-case letters, digits and underscores
 * @param subject what it happened to; {@code node} for the node itself
 * @param sentence what happened, for people, without a full stop
 * @param fields further facts in the order in which they are to be read
 */
public record EventDraft(Severity severity, String kind, String subject, String sentence, Map<String, String> fields) {

    private static final int LONGEST_TEXT = 1000;
    private static final int MOST_FIELDS = 32;

    public EventDraft {
        kind = cut(kind);
        subject = cut(subject);
        sentence = cut(sentence);
        Map<String, String> kept = new LinkedHashMap<>();
        fields.entrySet().stream()
                .limit(MOST_FIELDS)
                .forEachOrdered(field -> kept.put(cut(field.getKey()), cut(field.getValue())));
        fields = Collections.unmodifiableMap(kept);
    }

    private static String cut(String text) {
        return text.length() <= LONGEST_TEXT ? text : text.substring(0, LONGEST_TEXT - 1) + "…";
    }

    public static EventDraft info(String kind, String subject, String sentence) {
        return new EventDraft(Severity.INFO, kind, subject, sentence, Map.of());
    }

    public static EventDraft warning(String kind, String subject, String sentence) {
        return new EventDraft(Severity.WARNING, kind, subject, sentence, Map.of());
    }

    public static EventDraft error(String kind, String subject, String sentence) {
        return new EventDraft(Severity.ERROR, kind, subject, sentence, Map.of());
    }

    /** A copy with one more fact at the end. */
    public EventDraft with(String name, Object value) {
        Map<String, String> more = new LinkedHashMap<>(fields);
        more.put(name, value.toString());
        return new EventDraft(severity, kind, subject, sentence, more);
    }
}
