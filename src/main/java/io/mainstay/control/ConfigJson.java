// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.mainstay.config.EffectiveConfig;
import io.mainstay.config.MainstayConfig;
import java.util.List;
import java.util.Map;

/** The effective configuration as JSON, with the keys of the file. Stateless; any thread. */
public final class ConfigJson {

    private ConfigJson() {}

    public static JsonObject toTree(MainstayConfig config) {
        return object(EffectiveConfig.toTree(config));
    }

    private static JsonObject object(Map<?, ?> map) {
        JsonObject json = new JsonObject();
        map.forEach((key, value) -> json.add(key.toString(), element(value)));
        return json;
    }

    private static JsonElement element(Object value) {
        return switch (value) {
            case Map<?, ?> map -> object(map);
            case List<?> list -> {
                JsonArray array = new JsonArray();
                list.forEach(each -> array.add(element(each)));
                yield array;
            }
            case Boolean flag -> new JsonPrimitive(flag);
            case Integer number -> new JsonPrimitive(number);
            default -> new JsonPrimitive(value.toString());
        };
    }
}
