// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import com.google.gson.JsonObject;

/** One JSON object on one line, member by member. Used by one thread. */
public final class JsonLine {

    private final JsonObject members = new JsonObject();

    public JsonLine add(String name, String value) {
        members.addProperty(name, value);
        return this;
    }

    public JsonLine add(String name, long value) {
        members.addProperty(name, value);
        return this;
    }

    @Override
    public String toString() {
        return members.toString();
    }
}
