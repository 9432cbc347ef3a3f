// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.mainstay.config.Durations;
import io.mainstay.observe.BackendStatus;
import io.mainstay.observe.JsonFields;
import io.mainstay.observe.ServiceStatus;
import io.mainstay.observe.StatusJson;
import io.mainstay.observe.StatusSnapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The requests and answers of the control socket as JSON, both ways. Stateless; any thread. */
public final class ControlJson {

    private static final Set<String> SWITCHOVER_MEMBERS = Set.of("name", "wait", "timeout");
    static final Set<String> CHANGE_MEMBERS = Set.of("wait", "timeout");

    private ControlJson() {}

    /** The body that asks for a switchover. */
    public static JsonObject toTree(SwitchoverRequest request) {
        JsonObject json = new JsonObject();
        request.virtualRouter().ifPresent(name -> json.addProperty("name", name));
        json.addProperty("wait", request.untilDone());
        json.addProperty("timeout", Durations.format(request.timeout()));
        return json;
    }

    /** Reads the body that asks for a switchover; an empty one asks for everything by default. */
    static SwitchoverRequest switchoverRequest(String body) {
        JsonObject json = requestBody(body, SWITCHOVER_MEMBERS);
        return new SwitchoverRequest(
                text(json, "name"), flag(json, "wait"), duration(json).orElse(SwitchoverRequest.DEFAULT_TIMEOUT));
    }

    /** The body that asks for a change of a backend, which itself is named by the path. */
    public static JsonObject toTree(BackendChangeRequest request) {
        return change(request.timeout(), request.untilDone());
    }

    static JsonObject change(Optional<Duration> timeout, boolean untilDone) {
        JsonObject json = new JsonObject();
        json.addProperty("wait", untilDone);
        timeout.ifPresent(limit -> json.addProperty("timeout", Durations.format(limit)));
        return json;
    }

    static BackendChangeRequest backendChangeRequest(
            String service, String backend, BackendChangeRequest.Change change, String body) {
        JsonObject json = requestBody(body, CHANGE_MEMBERS);
        return new BackendChangeRequest(service, backend, change, duration(json), flag(json, "wait"));
    }

    /** The body that asks for a change of a service, which itself is named by the path. */
    public static JsonObject toTree(ServiceChangeRequest request) {
        return change(request.timeout(), request.untilDone());
    }

    static ServiceChangeRequest serviceChangeRequest(String service, BackendChangeRequest.Change change, String body) {
        JsonObject json = requestBody(body, CHANGE_MEMBERS);
        return new ServiceChangeRequest(service, change, duration(json), flag(json, "wait"));
    }

    static JsonObject requestBody(String body, Set<String> known) {
        if (body.isBlank()) {
            return new JsonObject();
        }
        JsonElement tree;
        try {
            tree = JsonParser.parseString(body);
        } catch (JsonParseException e) {
            throw invalid("the body is not JSON");
        }
        if (!(tree instanceof JsonObject json)) {
            throw invalid("the body is not a JSON object");
        }
        for (String name : json.keySet()) {
            if (!known.contains(name)) {
                throw invalid(name + ": unknown member (expected: "
                        + String.join(", ", known.stream().sorted().toList()) + ")");
            }
        }
        return json;
    }

    static Optional<String> text(JsonObject json, String name) {
        return value(json, name, "a text", tree -> tree.getAsJsonPrimitive().isString())
                .map(JsonElement::getAsString);
    }

    static boolean flag(JsonObject json, String name) {
        return value(
                        json,
                        name,
                        "true or false",
                        tree -> tree.getAsJsonPrimitive().isBoolean())
                .map(JsonElement::getAsBoolean)
                .orElse(false);
    }

    static Optional<Duration> duration(JsonObject json) {
        return text(json, "timeout").map(text -> {
            try {
                return Durations.parse(text);
            } catch (IllegalArgumentException e) {
                throw invalid("timeout: " + text + " (expected: a duration such as 10s or 1m)");
            }
        });
    }

    private interface TypeTest {
        boolean holds(JsonElement tree);
    }

    private static Optional<JsonElement> value(JsonObject json, String name, String expected, TypeTest test) {
        JsonElement tree = json.get(name);
        if (tree == null || tree.isJsonNull()) {
            return Optional.empty();
        }
        if (!tree.isJsonPrimitive() || !test.holds(tree)) {
            throw invalid(name + ": " + tree + " (expected: " + expected + ")");
        }
        return Optional.of(tree);
    }

    static ControlRefusal invalid(String message) {
        return new ControlRefusal(ControlRefusal.Reason.INVALID, message);
    }

    static JsonObject switchoverOutcomes(List<SwitchoverOutcome> outcomes) {
        JsonArray array = new JsonArray();
        for (SwitchoverOutcome outcome : outcomes) {
            JsonObject json = new JsonObject();
            json.addProperty("name", outcome.virtualRouter());
            json.addProperty("result", outcome.result().name());
            json.addProperty("new_active", outcome.newActive());
            json.addProperty("elapsed_ms", outcome.elapsed().toMillis());
            json.addProperty("detail", outcome.detail());
            array.add(json);
        }
        JsonObject json = new JsonObject();
        json.add("virtual_routers", array);
        return json;
    }

    /**
     * Reads the answer to a switchover.
     *
     * @throws JsonParseException if it is not one
     */
    public static List<SwitchoverOutcome> switchoverOutcomes(JsonFields json) {
        return json.objects("virtual_routers").stream()
                .map(outcome -> new SwitchoverOutcome(
                        outcome.string("name"),
                        outcome.constant("result", SwitchoverOutcome.Result.class),
                        outcome.stringOrNull("new_active"),
                        Duration.ofMillis(outcome.number("elapsed_ms")),
                        outcome.string("detail")))
                .toList();
    }

    static JsonObject toTree(BackendChangeOutcome outcome) {
        JsonObject json = new JsonObject();
        json.addProperty("service", outcome.service());
        json.addProperty("backend", outcome.backend());
        json.addProperty("state", outcome.state().name());
        addProgress(
                json, outcome.connectionsActive(), outcome.connectionsReset(), outcome.finished(), outcome.elapsed());
        return json;
    }

    /** How far a change has come, be it of a backend or of a service. */
    static void addProgress(
            JsonObject json, long connectionsActive, long connectionsReset, boolean finished, Duration elapsed) {
        json.addProperty("connections_active", connectionsActive);
        json.addProperty("connections_reset", connectionsReset);
        json.addProperty("finished", finished);
        json.addProperty("elapsed_ms", elapsed.toMillis());
    }

    /**
     * Reads the answer to a change of a backend.
     *
     * @throws JsonParseException if it is not one
     */
    public static BackendChangeOutcome backendChangeOutcome(JsonFields json) {
        return new BackendChangeOutcome(
                json.string("service"),
                json.string("backend"),
                json.constant("state", BackendStatus.State.class),
                json.number("connections_active"),
                json.number("connections_reset"),
                json.bool("finished"),
                Duration.ofMillis(json.number("elapsed_ms")));
    }

    /** Every backend of every service, each with the name of its service. */
    static JsonObject backends(StatusSnapshot status) {
        JsonArray array = new JsonArray();
        for (ServiceStatus service : status.services()) {
            for (BackendStatus backend : service.backends()) {
                JsonObject json = new JsonObject();
                json.addProperty("service", service.name());
                StatusJson.backendTree(backend)
                        .entrySet()
                        .forEach(member -> json.add(member.getKey(), member.getValue()));
                array.add(json);
            }
        }
        JsonObject json = new JsonObject();
        json.add("backends", array);
        return json;
    }

    /**
     * A backend with the name of its service.
     *
     * @param service name of the service
     * @param status the backend
     */
    public record ServiceBackend(String service, BackendStatus status) {}

    /**
     * Reads the list of all backends.
     *
     * @throws JsonParseException if it is not one
     */
    public static List<ServiceBackend> backends(JsonFields json) {
        List<ServiceBackend> backends = new ArrayList<>();
        for (JsonFields backend : json.objects("backends")) {
            backends.add(new ServiceBackend(backend.string("service"), StatusJson.backend(backend)));
        }
        return List.copyOf(backends);
    }

    static JsonObject error(String code, String message) {
        JsonObject error = new JsonObject();
        error.addProperty("code", code);
        error.addProperty("message", message);
        JsonObject json = new JsonObject();
        json.add("error", error);
        return json;
    }
}
