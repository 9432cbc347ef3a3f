// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
        return string(name, member(name));
    }

    public @Nullable String stringOrNull(String name) {
        return has(name) ? string(name) : null;
    }

    /** A whole number. */
    public long number(String name) {
        return number(name, member(name));
    }

    /** A number with a fraction. */
    public double decimal(String name) {
        if (member(name) instanceof JsonPrimitive primitive && primitive.isNumber()) {
            return primitive.getAsDouble();
        }
        throw wrong(name, "a number", member(name));
    }

    /** A whole number that fits an int. */
    public int integer(String name) {
        long number = number(name);
        if (number != (int) number) {
            throw wrong(name, "a smaller number", member(name));
        }
        return (int) number;
    }

    public boolean bool(String name) {
        if (member(name) instanceof JsonPrimitive primitive && primitive.isBoolean()) {
            return primitive.getAsBoolean();
        }
        throw wrong(name, "true or false", member(name));
    }

    /** A moment in ISO 8601. */
    public Instant instant(String name) {
        try {
            return Instant.parse(string(name));
        } catch (DateTimeException e) {
            throw wrong(name, "a moment", member(name));
        }
    }

    public @Nullable Instant instantOrNull(String name) {
        return has(name) ? instant(name) : null;
    }

    /** The constant of that name. */
    public <T extends Enum<T>> T constant(String name, Class<T> type) {
        String text = string(name);
        for (T constant : type.getEnumConstants()) {
            if (constant.name().equals(text)) {
                return constant;
            }
        }
        throw wrong(name, "a word that this version knows", member(name));
    }

    public List<String> strings(String name) {
        List<String> strings = new ArrayList<>();
        for (JsonElement element : array(name)) {
            strings.add(string(name, element));
        }
        return strings;
    }

    /** The elements of a list of objects. */
    public List<JsonFields> objects(String name) {
        List<JsonFields> objects = new ArrayList<>();
        for (JsonElement element : array(name)) {
            objects.add(of(element));
        }
        return objects;
    }

    public JsonFields object(String name) {
        return of(member(name));
    }

    /** The members of an object of texts, in their order. */
    public Map<String, String> stringMap(String name) {
        Map<String, String> map = new LinkedHashMap<>();
        for (Map.Entry<String, JsonElement> entry : object(name).object.entrySet()) {
            map.put(entry.getKey(), string(name, entry.getValue()));
        }
        return map;
    }

    /** The members of an object of whole numbers, in their order. */
    public Map<String, Long> numberMap(String name) {
        Map<String, Long> map = new LinkedHashMap<>();
        for (Map.Entry<String, JsonElement> entry : object(name).object.entrySet()) {
            map.put(entry.getKey(), number(name, entry.getValue()));
        }
        return map;
    }

    private JsonElement member(String name) {
        JsonElement member = object.get(name);
        if (member == null) {
            throw new JsonParseException(name + " is missing");
        }
        return member;
    }

    private JsonArray array(String name) {
        if (member(name) instanceof JsonArray array) {
            return array;
        }
        throw wrong(name, "a list", member(name));
    }

    private static String string(String name, JsonElement element) {
        if (element instanceof JsonPrimitive primitive && primitive.isString()) {
            return primitive.getAsString();
        }
        throw wrong(name, "a text", element);
    }

    private static long number(String name, JsonElement element) {
        if (element instanceof JsonPrimitive primitive && primitive.isNumber()) {
            try {
                return primitive.getAsLong();
            } catch (NumberFormatException e) {
                // Told below.
            }
        }
        throw wrong(name, "a whole number", element);
    }

    private static JsonParseException wrong(String name, String expected, JsonElement element) {
        return new JsonParseException(name + ": " + element + " (expected: " + expected + ")");
    }
}
