// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads the members of a JSON object by name and type. Members that nobody asks for are passed over, so that an older
 * reader understands a newer writer. Every method throws {@link JsonParseException} if the member is absent or of another
 * type.
 */
public final class JsonFields {

    private final JsonObject object;

    private JsonFields(JsonObject object) {
        this.object = object;
    }

    /** The members of a tree that must be an object. */
    public static JsonFields of(JsonElement tree) {
        if (!(tree instanceof JsonObject object)) {
            throw new JsonParseException("not a JSON object");
        }
        return new JsonFields(object);
    }

    /** The members of a text that must be one JSON object. */
    public static JsonFields parse(String text) {
        return of(JsonParser.parseString(text));
    }

    public boolean has(String name) {
        JsonElement member = object.get(name);
        return member != null && !member.isJsonNull();
    }

    public String string(String name) {
        return primitive(name, JsonElement::getAsString);
    }

    public @Nullable String stringOrNull(String name) {
        return has(name) ? string(name) : null;
    }

    public long number(String name) {
        return primitive(name, JsonElement::getAsLong);
    }

    public double decimal(String name) {
        return primitive(name, JsonElement::getAsDouble);
    }

    /** The number, which must fit an int. */
    public int integer(String name) {
        return primitive(name, JsonElement::getAsInt);
    }

    public boolean bool(String name) {
        return primitive(name, member -> {
            if (!member.getAsJsonPrimitive().isBoolean()) {
                throw new IllegalStateException("not true or false");
            }
            return member.getAsBoolean();
        });
    }

    /** A moment in ISO 8601. */
    public Instant instant(String name) {
        return primitive(name, member -> Instant.parse(member.getAsString()));
    }

    public @Nullable Instant instantOrNull(String name) {
        return has(name) ? instant(name) : null;
    }

    /** The constant of that name. */
    public <T extends Enum<T>> T constant(String name, Class<T> type) {
        return primitive(name, member -> Enum.valueOf(type, member.getAsString()));
    }

    public List<String> strings(String name) {
        return list(name, JsonElement::getAsString);
    }

    /** The elements of a list of objects. */
    public List<JsonFields> objects(String name) {
        return list(name, JsonFields::of);
    }

    public JsonFields object(String name) {
        return of(member(name));
    }

    /** The members of an object of texts, in their order. */
    public Map<String, String> stringMap(String name) {
        return map(name, JsonElement::getAsString);
    }

    /** The members of an object of whole numbers, in their order. */
    public Map<String, Long> numberMap(String name) {
        return map(name, JsonElement::getAsLong);
    }

    private JsonElement member(String name) {
        JsonElement member = object.get(name);
        if (member == null) {
            throw new JsonParseException(name + " is missing");
        }
        return member;
    }

    private <T> T primitive(String name, Function<JsonElement, T> reader) {
        return checked(name, () -> {
            JsonElement member = member(name);
            if (!member.isJsonPrimitive()) {
                throw new IllegalStateException("not a single value");
            }
            return reader.apply(member);
        });
    }

    private <T> List<T> list(String name, Function<JsonElement, T> reader) {
        return checked(name, () -> {
            List<T> elements = new ArrayList<>();
            member(name).getAsJsonArray().forEach(element -> elements.add(reader.apply(element)));
            return List.copyOf(elements);
        });
    }

    private <T> Map<String, T> map(String name, Function<JsonElement, T> reader) {
        return checked(name, () -> {
            Map<String, T> members = new LinkedHashMap<>();
            member(name)
                    .getAsJsonObject()
                    .entrySet()
                    .forEach(entry -> members.put(entry.getKey(), reader.apply(entry.getValue())));
            return members;
        });
    }

    private interface Reading<T> {
        T read();
    }

    /** Gson tells a wrong type by several exceptions of the platform. */
    private static <T> T checked(String name, Reading<T> reading) {
        try {
            return reading.read();
        } catch (IllegalStateException
                | IllegalArgumentException
                | UnsupportedOperationException
                | DateTimeException e) {
            throw new JsonParseException(name + ": " + e.getMessage(), e);
        }
    }
}
