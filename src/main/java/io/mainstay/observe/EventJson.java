// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;

/** An event as one line of JSON, in the journal's file and on the control socket. Stateless; any thread. */
public final class EventJson {

    private EventJson() {}

    /** The line, without line end. */
    public static String toLine(Event event) {
        JsonObject json = new JsonObject();
        json.addProperty("sequence", event.sequence());
        json.addProperty("time", event.time().toString());
        json.addProperty("severity", event.severity().name());
        json.addProperty("kind", event.kind());
        json.addProperty("subject", event.subject());
        json.addProperty("sentence", event.sentence());
        JsonObject fields = new JsonObject();
        event.fields().forEach(fields::addProperty);
        json.add("fields", fields);
        return json.toString();
    }

    /**
     * Reads the line back.
     *
     * @throws JsonParseException if it is not an event
     */
    public static Event fromLine(String line) {
        JsonFields json = JsonFields.parse(line);
        return new Event(
                json.number("sequence"),
                json.instant("time"),
                json.constant("severity", Severity.class),
                json.string("kind"),
                json.string("subject"),
                json.string("sentence"),
                json.stringMap("fields"));
    }
}
