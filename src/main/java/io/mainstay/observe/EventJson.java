// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/** An event as one line of JSON, in the journal's file and on the control socket. */
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
        try {
            JsonObject json = JsonParser.parseString(line).getAsJsonObject();
            Map<String, String> fields = new LinkedHashMap<>();
            for (Map.Entry<String, JsonElement> field :
                    member(json, "fields").getAsJsonObject().entrySet()) {
                fields.put(field.getKey(), field.getValue().getAsString());
            }
            return new Event(
                    member(json, "sequence").getAsLong(),
                    Instant.parse(member(json, "time").getAsString()),
                    Severity.valueOf(member(json, "severity").getAsString()),
                    member(json, "kind").getAsString(),
                    member(json, "subject").getAsString(),
                    member(json, "sentence").getAsString(),
                    fields);
        } catch (IllegalStateException
                | IllegalArgumentException
                | UnsupportedOperationException
                | DateTimeException e) {
            throw new JsonParseException("not an event: " + e.getMessage(), e);
        }
    }

    private static JsonElement member(JsonObject json, String name) {
        JsonElement member = json.get(name);
        if (member == null) {
            throw new JsonParseException("not an event: " + name + " is missing");
        }
        return member;
    }
}
