// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import com.google.gson.JsonObject;
import io.mainstay.config.EffectiveConfig;
import io.mainstay.observe.Event;
import io.mainstay.observe.EventFeed;
import io.mainstay.observe.EventJson;
import io.mainstay.observe.ProductVersion;
import io.mainstay.observe.StatusJson;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The paths of the control socket and what stands behind each. Never fails: whatever goes wrong becomes an answer.
 *
 * <p>Any thread that may wait a moment.
 */
final class ControlRoutes {

    private static final Logger LOG = LoggerFactory.getLogger(ControlRoutes.class);

    private static final String EVENTS_TYPE = "application/x-ndjson";

    private final ControlHandler handler;
    private final EventFeed events;

    ControlRoutes(ControlHandler handler, EventFeed events) {
        this.handler = handler;
        this.events = events;
    }

    /** The answer, completed normally in every case. */
    CompletionStage<ControlAnswer> answer(ControlRequest request) {
        try {
            return route(request).exceptionally(ControlRoutes::failure);
        } catch (RuntimeException e) {
            return CompletableFuture.completedStage(failure(e));
        }
    }

    private static ControlAnswer failure(Throwable thrown) {
        Throwable cause =
                thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        if (cause instanceof ControlRefusal refusal) {
            return ControlAnswer.refusal(refusal);
        }
        LOG.error("a request on the control socket failed", cause);
        return ControlAnswer.error(500, "internal", "the daemon failed on this request; its log has the details");
    }

    private CompletionStage<ControlAnswer> route(ControlRequest request) {
        List<String> path = request.path();
        if (path.isEmpty() || !path.getFirst().equals("v1")) {
            return notFound();
        }
        List<String> rest = path.subList(1, path.size());
        if (rest.size() == 5 && rest.get(0).equals("services") && rest.get(2).equals("backends")) {
            return rest.get(4).equals("check")
                    ? checkBackend(request, rest.get(1), rest.get(3))
                    : changeBackend(request, rest.get(1), rest.get(3), rest.get(4));
        }
        if (rest.size() >= 3 && rest.get(0).equals("services") && rest.get(2).equals("persistence")) {
            return persistence(request, rest.get(1), rest.subList(3, rest.size()));
        }
        if (rest.size() == 2 && rest.get(0).equals("services")) {
            return get(request, () -> ControlAnswer.json(ServiceJson.service(handler.status(), rest.get(1))));
        }
        if (rest.size() == 3 && rest.get(0).equals("services")) {
            return changeService(request, rest.get(1), rest.get(2));
        }
        return switch (String.join("/", rest)) {
            case "version" -> get(request, () -> ControlAnswer.json(version()));
            case "status" -> get(request, () -> ControlAnswer.json(StatusJson.toTree(handler.status())));
            case "services" -> get(request, () -> ControlAnswer.json(ServiceJson.services(handler.status())));
            case "backends" -> get(request, () -> ControlAnswer.json(ControlJson.backends(handler.status())));
            case "config/effective" -> get(request, () -> effectiveConfig(request));
            case "events" -> get(request, () -> events(request));
            case "virtual-routers/switchover" -> switchover(request);
            case "node/drain" ->
                post(
                        request,
                        () -> handler.drainNode(NodeJson.nodeDrainRequest(request.body()))
                                .thenApply(outcome -> ControlAnswer.json(NodeJson.toTree(outcome))));
            case "node/ready" ->
                post(
                        request,
                        () -> handler.readyNode().thenApply(outcome -> ControlAnswer.json(NodeJson.toTree(outcome))));
            case "explain/flow" ->
                post(
                        request,
                        () -> handler.explainFlow(FlowJson.request(request.body()))
                                .thenApply(explanation -> ControlAnswer.json(FlowJson.toTree(explanation))));
            case "reload" -> reload(request);
            default -> notFound();
        };
    }

    private interface Get {
        ControlAnswer answer();
    }

    private static CompletionStage<ControlAnswer> get(ControlRequest request, Get get) {
        return CompletableFuture.completedStage(
                request.method().equals("GET") ? get.answer() : wrongMethod(request, "GET"));
    }

    private interface Post {
        CompletionStage<ControlAnswer> answer();
    }

    private static CompletionStage<ControlAnswer> post(ControlRequest request, Post post) {
        return request.method().equals("POST")
                ? post.answer()
                : CompletableFuture.completedStage(wrongMethod(request, "POST"));
    }

    private static ControlAnswer wrongMethod(ControlRequest request, String expected) {
        return ControlAnswer.error(
                405, "wrong_method", "method: " + request.method() + " (expected: " + expected + " for this path)");
    }

    private static CompletionStage<ControlAnswer> notFound() {
        return CompletableFuture.completedStage(ControlAnswer.error(
                404,
                "not_found",
                "no such path (expected: /v1/version, /v1/status, /v1/services, /v1/services/SERVICE, /v1/backends, /v1/config/effective, /v1/events,"
                        + " /v1/reload, /v1/virtual-routers/switchover, /v1/node/drain, /v1/node/ready, /v1/explain/flow,"
                        + " /v1/services/SERVICE/drain, ready or maint,"
                        + " /v1/services/SERVICE/persistence, /v1/services/SERVICE/persistence/clear or"
                        + " /v1/services/SERVICE/backends/BACKEND/check, drain, ready or maint)"));
    }

    private static JsonObject version() {
        JsonObject json = new JsonObject();
        ProductVersion.current().addTo(json);
        return json;
    }

    private ControlAnswer effectiveConfig(ControlRequest request) {
        return request.accept().contains("application/json")
                ? ControlAnswer.json(ConfigJson.toTree(handler.config()))
                : new ControlAnswer.Whole(200, "application/yaml", EffectiveConfig.toYaml(handler.config()));
    }

    private ControlAnswer events(ControlRequest request) {
        long since = request.query().first("since").map(ControlRoutes::sequence).orElse(0L);
        if (flag(request, "follow")) {
            return new ControlAnswer.EventStream(since);
        }
        List<Event> found = flag(request, "stored")
                ? events.history().stream()
                        .filter(event -> event.sequence() > since)
                        .toList()
                : events.since(since);
        return new ControlAnswer.Whole(200, EVENTS_TYPE, lines(found));
    }

    /** Events as lines of JSON. */
    static String lines(List<Event> events) {
        StringBuilder lines = new StringBuilder();
        for (Event event : events) {
            lines.append(EventJson.toLine(event)).append('\n');
        }
        return lines.toString();
    }

    private static long sequence(String text) {
        if (text.isEmpty() || text.length() > 18 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new ControlRefusal(
                    ControlRefusal.Reason.INVALID, "since: " + text + " (expected: the number of an event)");
        }
        return Long.parseLong(text);
    }

    private static boolean flag(ControlRequest request, String name) {
        String text = request.query().first(name).orElse("false");
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default ->
                throw new ControlRefusal(
                        ControlRefusal.Reason.INVALID, name + ": " + text + " (expected: true or false)");
        };
    }

    private CompletionStage<ControlAnswer> reload(ControlRequest request) {
        return CompletableFuture.completedStage(
                request.method().equals("POST")
                        ? ControlAnswer.json(ReloadJson.toTree(handler.reload()))
                        : wrongMethod(request, "POST"));
    }

    private CompletionStage<ControlAnswer> switchover(ControlRequest request) {
        if (!request.method().equals("POST")) {
            return CompletableFuture.completedStage(wrongMethod(request, "POST"));
        }
        return handler.switchover(ControlJson.switchoverRequest(request.body()))
                .thenApply(outcomes -> ControlAnswer.json(ControlJson.switchoverOutcomes(outcomes)));
    }

    private CompletionStage<ControlAnswer> checkBackend(ControlRequest request, String service, String backend) {
        return post(
                request,
                () -> handler.checkBackend(service, backend)
                        .thenApply(outcome -> ControlAnswer.json(ServiceJson.toTree(outcome))));
    }

    private CompletionStage<ControlAnswer> persistence(ControlRequest request, String service, List<String> rest) {
        return switch (String.join("/", rest)) {
            case "" ->
                get(
                        request,
                        () -> ControlAnswer.json(ServiceJson.toTree(handler.persistence(
                                service, ServiceJson.limit(request.query().first("limit"))))));
            case "clear" ->
                CompletableFuture.completedStage(
                        request.method().equals("POST")
                                ? ControlAnswer.json(ServiceJson.cleared(handler.clearPersistence(
                                        ServiceJson.persistenceClearRequest(service, request.body()))))
                                : wrongMethod(request, "POST"));
            default -> notFound();
        };
    }

    private CompletionStage<ControlAnswer> changeBackend(
            ControlRequest request, String service, String backend, String word) {
        return change(
                request,
                word,
                change -> handler.changeBackend(
                                ControlJson.backendChangeRequest(service, backend, change, request.body()))
                        .thenApply(outcome -> ControlAnswer.json(ControlJson.toTree(outcome))));
    }

    private CompletionStage<ControlAnswer> changeService(ControlRequest request, String service, String word) {
        return change(
                request,
                word,
                change -> handler.changeService(ControlJson.serviceChangeRequest(service, change, request.body()))
                        .thenApply(outcome -> ControlAnswer.json(ServiceJson.toTree(outcome))));
    }

    private static CompletionStage<ControlAnswer> change(
            ControlRequest request,
            String word,
            Function<BackendChangeRequest.Change, CompletionStage<ControlAnswer>> answer) {
        Optional<BackendChangeRequest.Change> change = switch (word) {
            case "drain" -> Optional.of(BackendChangeRequest.Change.DRAIN);
            case "ready" -> Optional.of(BackendChangeRequest.Change.READY);
            case "maint" -> Optional.of(BackendChangeRequest.Change.MAINT);
            default -> Optional.empty();
        };
        if (change.isEmpty()) {
            return notFound();
        }
        return post(request, () -> answer.apply(change.get()));
    }
}
