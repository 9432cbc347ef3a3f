// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import io.mainstay.observe.JsonFields;

/** Requests that concern the whole node, as JSON, both ways. Stateless; any thread. */
public final class NodeJson {

    private NodeJson() {}

    /** The body that asks to drain the node. */
    public static JsonObject toTree(NodeDrainRequest request) {
        return ControlJson.change(request.timeout(), request.untilDone());
    }

    static NodeDrainRequest nodeDrainRequest(String body) {
        JsonObject json = ControlJson.requestBody(body, ControlJson.CHANGE_MEMBERS);
        return new NodeDrainRequest(ControlJson.duration(json), ControlJson.flag(json, "wait"));
    }

    static JsonObject toTree(NodeDrainOutcome outcome) {
        JsonObject json = ControlJson.switchoverOutcomes(outcome.virtualRouters());
        JsonArray services = new JsonArray();
        outcome.services().forEach(service -> services.add(ServiceJson.toTree(service)));
        json.add("services", services);
        json.addProperty("finished", outcome.finished());
        return json;
    }

    /**
     * Reads what became of a drain of the node.
     *
     * @throws JsonParseException if it does not say so
     */
    public static NodeDrainOutcome nodeDrainOutcome(JsonFields json) {
        return new NodeDrainOutcome(
                ControlJson.switchoverOutcomes(json),
                json.objects("services").stream()
                        .map(ServiceJson::serviceChangeOutcome)
                        .toList());
    }
}
