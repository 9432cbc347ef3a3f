// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import io.mainstay.net.IpAddress;
import io.mainstay.observe.JsonFields;
import io.mainstay.observe.ServiceStatus;
import io.mainstay.observe.StatusJson;
import io.mainstay.observe.StatusSnapshot;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/** Checks on request and the clients that keep their backends, as JSON, both ways. Stateless; any thread. */
public final class ServiceJson {

    private static final Set<String> CLEAR_MEMBERS = Set.of("backend", "client");

    private ServiceJson() {}

    /** Every service with its backends. */
    static JsonObject services(StatusSnapshot status) {
        JsonArray array = new JsonArray();
        status.services().forEach(service -> array.add(StatusJson.serviceTree(service)));
        JsonObject json = new JsonObject();
        json.add("services", array);
        return json;
    }

    /** One service with its backends. */
    static JsonObject service(StatusSnapshot status, String name) {
        for (ServiceStatus service : status.services()) {
            if (service.name().equals(name)) {
                return StatusJson.serviceTree(service);
            }
        }
        throw new ControlRefusal(
                ControlRefusal.Reason.NOT_FOUND,
                "service: " + name + " (expected: one of "
                        + status.services().stream().map(ServiceStatus::name).toList() + ")");
    }

    static JsonObject toTree(ServiceChangeOutcome outcome) {
        JsonObject json = new JsonObject();
        json.addProperty("service", outcome.service());
        json.addProperty("state", outcome.state().name());
        ControlJson.addProgress(
                json, outcome.connectionsActive(), outcome.connectionsReset(), outcome.finished(), outcome.elapsed());
        return json;
    }

    /**
     * Reads the answer to a change of a service.
     *
     * @throws JsonParseException if it is not one
     */
    public static ServiceChangeOutcome serviceChangeOutcome(JsonFields json) {
        return new ServiceChangeOutcome(
                json.string("service"),
                json.constant("state", ServiceStatus.State.class),
                json.number("connections_active"),
                json.number("connections_reset"),
                json.bool("finished"),
                Duration.ofMillis(json.number("elapsed_ms")));
    }

    static JsonObject toTree(BackendCheckOutcome outcome) {
        JsonArray checks = new JsonArray();
        for (BackendCheckOutcome.Check check : outcome.checks()) {
            JsonArray steps = new JsonArray();
            for (BackendCheckOutcome.Step step : check.steps()) {
                JsonObject tree = new JsonObject();
                tree.addProperty("name", step.name());
                tree.addProperty("detail", step.detail());
                tree.addProperty("duration_ms", millis(step.duration()));
                steps.add(tree);
            }
            JsonObject tree = new JsonObject();
            tree.addProperty("check", check.check());
            tree.addProperty("passed", check.passed());
            tree.addProperty("detail", check.detail());
            tree.addProperty("duration_ms", millis(check.duration()));
            tree.add("steps", steps);
            checks.add(tree);
        }
        JsonObject json = new JsonObject();
        json.addProperty("service", outcome.service());
        json.addProperty("backend", outcome.backend());
        json.addProperty("passed", outcome.passed());
        json.add("checks", checks);
        return json;
    }

    /** To the microsecond. */
    private static double millis(Duration duration) {
        long micros = duration.toNanos() / 1000;
        return micros / 1000.0;
    }

    private static Duration duration(JsonFields json) {
        return Duration.ofNanos(Math.round(json.decimal("duration_ms") * 1_000_000));
    }

    /**
     * Reads the answer to a check on request.
     *
     * @throws JsonParseException if it is not one
     */
    public static BackendCheckOutcome backendCheckOutcome(JsonFields json) {
        return new BackendCheckOutcome(
                json.string("service"),
                json.string("backend"),
                json.objects("checks").stream().map(ServiceJson::check).toList());
    }

    private static BackendCheckOutcome.Check check(JsonFields json) {
        return new BackendCheckOutcome.Check(
                json.string("check"),
                json.bool("passed"),
                json.string("detail"),
                duration(json),
                json.objects("steps").stream()
                        .map(step -> new BackendCheckOutcome.Step(
                                step.string("name"), step.string("detail"), duration(step)))
                        .toList());
    }

    static JsonObject toTree(PersistenceList list) {
        JsonArray clients = new JsonArray();
        for (PersistenceList.Client client : list.latest()) {
            JsonObject tree = new JsonObject();
            tree.addProperty("client", client.client());
            tree.addProperty("backend", client.backend());
            tree.addProperty("remaining_ms", client.remaining().toMillis());
            clients.add(tree);
        }
        JsonObject json = new JsonObject();
        json.addProperty("service", list.service());
        json.addProperty("clients", list.clients());
        json.addProperty("evictions", list.evictions());
        json.add("latest", clients);
        return json;
    }

    /**
     * Reads the clients that keep their backends.
     *
     * @throws JsonParseException if they are not that
     */
    public static PersistenceList persistenceList(JsonFields json) {
        return new PersistenceList(
                json.string("service"),
                json.number("clients"),
                json.number("evictions"),
                json.objects("latest").stream()
                        .map(client -> new PersistenceList.Client(
                                client.string("client"),
                                client.string("backend"),
                                Duration.ofMillis(client.number("remaining_ms"))))
                        .toList());
    }

    /** The body that asks to forget clients of the service, which itself is named by the path. */
    public static JsonObject toTree(PersistenceClearRequest request) {
        JsonObject json = new JsonObject();
        request.backend().ifPresent(backend -> json.addProperty("backend", backend));
        request.client().ifPresent(client -> json.addProperty("client", client.toString()));
        return json;
    }

    static PersistenceClearRequest persistenceClearRequest(String service, String body) {
        JsonObject json = ControlJson.requestBody(body, CLEAR_MEMBERS);
        return new PersistenceClearRequest(
                service,
                ControlJson.text(json, "backend"),
                ControlJson.text(json, "client").map(ServiceJson::address));
    }

    private static IpAddress address(String text) {
        try {
            return IpAddress.parse(text);
        } catch (IllegalArgumentException e) {
            throw ControlJson.invalid("client: " + text + " (expected: an address)");
        }
    }

    static JsonObject cleared(long clients) {
        JsonObject json = new JsonObject();
        json.addProperty("cleared", clients);
        return json;
    }

    /**
     * Reads how many clients were forgotten.
     *
     * @throws JsonParseException if it does not say so
     */
    public static long cleared(JsonFields json) {
        return json.number("cleared");
    }

    /** The number of clients that are asked for. */
    static int limit(Optional<String> text) {
        int most = 1_000_000;
        String digits = text.orElse("1000");
        boolean number =
                !digits.isEmpty() && digits.length() <= 7 && digits.chars().allMatch(c -> c >= '0' && c <= '9');
        if (!number || Integer.parseInt(digits) > most) {
            throw ControlJson.invalid("limit: " + digits + " (expected: 0.." + most + ")");
        }
        return Integer.parseInt(digits);
    }
}
