// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Map;

/** JSON as people like to read it. Stateless; any thread. */
public final class JsonText {

    private JsonText() {}

    /** The tree with two spaces of indent and a line end behind it. */
    public static String pretty(JsonElement tree) {
        StringWriter text = new StringWriter();
        try (JsonWriter writer = new JsonWriter(text)) {
            writer.setIndent("  ");
            write(tree, writer);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.append('\n').toString();
    }

    private static void write(JsonElement element, JsonWriter writer) throws IOException {
        switch (element) {
            case JsonObject object -> {
                writer.beginObject();
                for (Map.Entry<String, JsonElement> member : object.entrySet()) {
                    writer.name(member.getKey());
                    write(member.getValue(), writer);
                }
                writer.endObject();
            }
            case JsonArray array -> {
                writer.beginArray();
                for (JsonElement each : array) {
                    write(each, writer);
                }
                writer.endArray();
            }
            case JsonPrimitive primitive -> {
                if (primitive.isBoolean()) {
                    writer.value(primitive.getAsBoolean());
                } else if (primitive.isNumber()) {
                    writer.value(primitive.getAsNumber());
                } else {
                    writer.value(primitive.getAsString());
                }
            }
            default -> writer.nullValue();
        }
    }
}
