// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import io.mainstay.observe.JsonFields;
import java.util.Set;

/** Questions about a flow and their answers as JSON, both ways. Stateless; any thread. */
public final class FlowJson {

    private static final Set<String> MEMBERS = Set.of("source", "destination");

    private FlowJson() {}

    /** The body that asks. */
    public static JsonObject toTree(FlowExplanationRequest request) {
        JsonObject json = new JsonObject();
        json.addProperty("source", request.source());
        json.addProperty("destination", request.listener());
        return json;
    }

    static FlowExplanationRequest request(String body) {
        JsonObject json = ControlJson.requestBody(body, MEMBERS);
        try {
            return FlowExplanationRequest.parse(
                    ControlJson.text(json, "source").orElse(""),
                    ControlJson.text(json, "destination").orElse(""));
        } catch (IllegalArgumentException e) {
            throw ControlJson.invalid(String.valueOf(e.getMessage()));
        }
    }

    static JsonObject toTree(FlowExplanation explanation) {
        JsonObject json = new JsonObject();
        json.addProperty("source", explanation.source());
        json.addProperty("destination", explanation.destination());
        json.addProperty("service", explanation.service());
        json.addProperty("engine", explanation.engine());
        json.addProperty("mode", explanation.mode());
        json.addProperty("active", explanation.active());
        json.addProperty("served", explanation.served());
        json.addProperty("verdict", explanation.verdict());
        json.addProperty("reason", explanation.reason());
        json.addProperty("known_flow", explanation.known());
        json.addProperty("backend", explanation.backend());
        json.addProperty("leaves_as", explanation.leavesAs());
        json.addProperty("via", explanation.via());
        JsonObject spread = new JsonObject();
        explanation.spread().forEach(spread::addProperty);
        json.add("spread", spread);
        JsonArray sentences = new JsonArray();
        explanation.sentences().forEach(sentences::add);
        json.add("sentences", sentences);
        return json;
    }

    /**
     * Reads the answer.
     *
     * @throws JsonParseException if it is not one
     */
    public static FlowExplanation explanation(JsonFields json) {
        return new FlowExplanation(
                json.string("source"),
                json.string("destination"),
                json.string("service"),
                json.string("engine"),
                json.string("mode"),
                json.bool("active"),
                json.bool("served"),
                json.string("verdict"),
                json.string("reason"),
                json.string("known_flow"),
                json.string("backend"),
                json.string("leaves_as"),
                json.string("via"),
                json.numberMap("spread"),
                json.strings("sentences"));
    }
}
