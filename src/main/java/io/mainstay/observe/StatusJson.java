// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import io.mainstay.observe.BackendStatus.DrainProgress;
import io.mainstay.observe.BackendStatus.LastCheck;
import io.mainstay.observe.BackendStatus.Latency;
import io.mainstay.observe.BackendStatus.Quantiles;
import io.mainstay.observe.ServiceStatus.SourcePorts;
import io.mainstay.observe.StatusSnapshot.Connections;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The status snapshot as JSON: the one place that knows its field names, which scripts rely on. Stateless; any thread.
 */
public final class StatusJson {

    private StatusJson() {}

    /** The snapshot as a tree. */
    public static JsonObject toTree(StatusSnapshot status) {
        JsonObject json = new JsonObject();
        json.addProperty("node", status.node());
        status.version().addTo(json);
        json.addProperty("config_hash", status.configHash());
        json.addProperty("time", status.time().toString());
        json.addProperty("started_at", status.startedAt().toString());
        json.add("virtual_routers", array(status.virtualRouters(), StatusJson::virtualRouter));
        json.add("services", array(status.services(), StatusJson::serviceTree));
        json.add("connections", connections(status.connections()));
        json.add("kernel_events", counters(status.kernelEvents()));
        json.add("kernel_interfaces", texts(status.kernelInterfaces()));
        return json;
    }

    private static JsonObject connections(Connections connections) {
        JsonObject json = new JsonObject();
        json.addProperty("active", connections.active());
        json.addProperty("limit", connections.limit());
        return json;
    }

    private static Connections connections(JsonFields json) {
        return new Connections(json.number("active"), json.number("limit"));
    }

    private static JsonObject virtualRouter(VirtualRouterStatus router) {
        JsonObject json = new JsonObject();
        json.addProperty("name", router.name());
        json.addProperty("vrid", router.vrid());
        json.addProperty("interface", router.interfaceName());
        json.addProperty("state", router.state().name());
        json.addProperty("reason", router.reason());
        json.addProperty("priority", router.priority());
        json.addProperty("effective_priority", router.effectivePriority());
        json.addProperty(
                "advertisement_interval_ms", router.advertisementInterval().toMillis());
        json.add("addresses", strings(router.addresses()));
        json.addProperty("active_address", router.activeAddress());
        json.addProperty("since", router.since().toString());
        json.addProperty("transitions", router.transitions());
        json.addProperty("checksum", router.checksum());
        json.addProperty("handing_over", router.handingOver());
        json.addProperty("preempt_suspended", router.preemptSuspended());
        json.addProperty("advertisements_sent", router.advertisementsSent());
        json.addProperty("advertisements_received", router.advertisementsReceived());
        json.addProperty("vip_conflict_seconds", router.conflictTime().toMillis() / 1000.0);
        json.add("discards", counters(router.discards()));
        json.add("peer_problems", strings(router.peerProblems()));
        json.addProperty("priority_breakdown", router.priorityBreakdown());
        json.add("trackers", array(router.trackers(), StatusJson::tracker));
        json.add("virtual_macs", strings(router.virtualMacs()));
        return json;
    }

    private static JsonObject tracker(TrackerStatus tracker) {
        JsonObject json = new JsonObject();
        json.addProperty("kind", tracker.kind());
        json.addProperty("name", tracker.name());
        json.addProperty("state", tracker.state().name());
        json.addProperty("effect", tracker.effect());
        json.addProperty("added", tracker.added());
        json.addProperty("detail", tracker.detail());
        json.addProperty("since", tracker.since().toString());
        return json;
    }

    /** One service as a tree, as it stands within the snapshot. */
    public static JsonObject serviceTree(ServiceStatus service) {
        JsonObject json = new JsonObject();
        json.addProperty("name", service.name());
        json.add("listen", strings(service.listen()));
        json.addProperty("engine", service.engine());
        json.addProperty("engine_reason", service.engineReason());
        json.addProperty("balance", service.balance());
        json.addProperty("state", service.state().name());
        json.addProperty("tier", service.tier());
        json.addProperty("connections_active", service.connectionsActive());
        json.addProperty("connections_waiting", service.connectionsWaiting());
        json.addProperty("connections_total", service.connectionsTotal());
        json.addProperty("bytes_in", service.bytesIn());
        json.addProperty("bytes_out", service.bytesOut());
        addPackets(json, service.packets());
        json.add("refused", counters(service.refused()));
        json.add("backends", array(service.backends(), StatusJson::backendTree));
        json.add("source_ports", sourcePorts(service.sourcePorts()));
        return json;
    }

    private static void addPackets(JsonObject json, @Nullable Packets packets) {
        json.addProperty("packets_in", packets == null ? null : packets.in());
        json.addProperty("packets_out", packets == null ? null : packets.out());
    }

    private static @Nullable Packets packets(JsonFields json) {
        return json.has("packets_in") ? new Packets(json.number("packets_in"), json.number("packets_out")) : null;
    }

    private static JsonElement sourcePorts(@Nullable SourcePorts ports) {
        if (ports == null) {
            return JsonNull.INSTANCE;
        }
        JsonObject json = new JsonObject();
        json.addProperty("used", ports.used());
        json.addProperty("limit", ports.limit());
        json.addProperty("source_addresses", ports.sourceAddresses());
        json.addProperty("backend", ports.backend());
        return json;
    }

    private static SourcePorts sourcePorts(JsonFields json) {
        return new SourcePorts(
                json.number("used"), json.number("limit"), json.integer("source_addresses"), json.string("backend"));
    }

    /** One backend as a tree, as it stands within its service. */
    public static JsonObject backendTree(BackendStatus backend) {
        JsonObject json = new JsonObject();
        json.addProperty("name", backend.name());
        json.addProperty("address", backend.address());
        json.addProperty("state", backend.state().name());
        json.addProperty("reason", backend.reason());
        json.addProperty("backup", backend.backup());
        json.addProperty("weight", backend.weight());
        json.addProperty("share_percent", backend.sharePercent());
        json.addProperty("max_connections", backend.maxConnections());
        json.addProperty("connections_active", backend.connectionsActive());
        json.addProperty("connections_total", backend.connectionsTotal());
        json.addProperty("bytes_in", backend.bytesIn());
        json.addProperty("bytes_out", backend.bytesOut());
        addPackets(json, backend.packets());
        json.addProperty("since", backend.since().toString());
        json.add("drain", drain(backend.drain()));
        LastCheck check = backend.lastCheck();
        if (check == null) {
            json.add("last_check", JsonNull.INSTANCE);
        } else {
            JsonObject last = new JsonObject();
            last.addProperty("at", check.at().toString());
            last.addProperty("success", check.success());
            last.addProperty("duration_ms", millis(check.duration()));
            last.addProperty("detail", check.detail());
            json.add("last_check", last);
        }
        json.add("latency", latency(backend.latency()));
        return json;
    }

    /**
     * Reads the tree back.
     *
     * @throws JsonParseException if something of a snapshot is missing or of another type
     */
    public static StatusSnapshot fromTree(JsonFields json) {
        return new StatusSnapshot(
                json.string("node"),
                ProductVersion.fromFields(json),
                json.string("config_hash"),
                json.instant("time"),
                json.instant("started_at"),
                list(json.objects("virtual_routers"), StatusJson::virtualRouter),
                list(json.objects("services"), StatusJson::service),
                connections(json.object("connections")),
                json.numberMap("kernel_events"),
                json.stringMap("kernel_interfaces"));
    }

    private static VirtualRouterStatus virtualRouter(JsonFields json) {
        return new VirtualRouterStatus(
                json.string("name"),
                json.integer("vrid"),
                json.string("interface"),
                json.constant("state", VirtualRouterStatus.State.class),
                json.string("reason"),
                json.integer("priority"),
                json.integer("effective_priority"),
                Duration.ofMillis(json.number("advertisement_interval_ms")),
                json.strings("addresses"),
                json.stringOrNull("active_address"),
                json.instant("since"),
                json.number("transitions"),
                json.string("checksum"),
                json.bool("handing_over"),
                json.bool("preempt_suspended"),
                json.number("advertisements_sent"),
                json.number("advertisements_received"),
                Duration.ofMillis(Math.round(json.decimal("vip_conflict_seconds") * 1000)),
                json.numberMap("discards"),
                json.strings("peer_problems"),
                json.string("priority_breakdown"),
                list(json.objects("trackers"), StatusJson::tracker),
                json.strings("virtual_macs"));
    }

    private static TrackerStatus tracker(JsonFields json) {
        return new TrackerStatus(
                json.string("kind"),
                json.string("name"),
                json.constant("state", TrackerStatus.State.class),
                json.string("effect"),
                json.integer("added"),
                json.string("detail"),
                json.instant("since"));
    }

    private static ServiceStatus service(JsonFields json) {
        return new ServiceStatus(
                json.string("name"),
                json.strings("listen"),
                json.string("engine"),
                json.string("engine_reason"),
                json.string("balance"),
                json.constant("state", ServiceStatus.State.class),
                json.string("tier"),
                json.number("connections_active"),
                json.number("connections_waiting"),
                json.number("connections_total"),
                json.number("bytes_in"),
                json.number("bytes_out"),
                packets(json),
                json.numberMap("refused"),
                list(json.objects("backends"), StatusJson::backend),
                json.has("source_ports") ? sourcePorts(json.object("source_ports")) : null);
    }

    /**
     * Reads one backend back.
     *
     * @throws JsonParseException if something of it is missing or of another type
     */
    public static BackendStatus backend(JsonFields json) {
        return new BackendStatus(
                json.string("name"),
                json.string("address"),
                json.constant("state", BackendStatus.State.class),
                json.string("reason"),
                json.bool("backup"),
                json.integer("weight"),
                json.integer("share_percent"),
                json.integer("max_connections"),
                json.number("connections_active"),
                json.number("connections_total"),
                json.number("bytes_in"),
                json.number("bytes_out"),
                packets(json),
                json.instant("since"),
                json.has("drain") ? drain(json.object("drain")) : null,
                json.has("last_check") ? lastCheck(json.object("last_check")) : null,
                json.has("latency") ? latency(json.object("latency")) : null);
    }

    private static JsonElement latency(@Nullable Latency latency) {
        if (latency == null) {
            return JsonNull.INSTANCE;
        }
        JsonObject json = new JsonObject();
        json.add("connect", quantiles(latency.connect()));
        json.add("first_byte", quantiles(latency.firstByte()));
        return json;
    }

    private static Latency latency(JsonFields json) {
        return new Latency(
                json.has("connect") ? quantiles(json.object("connect")) : null,
                json.has("first_byte") ? quantiles(json.object("first_byte")) : null);
    }

    private static JsonElement quantiles(@Nullable Quantiles quantiles) {
        if (quantiles == null) {
            return JsonNull.INSTANCE;
        }
        JsonObject json = new JsonObject();
        json.addProperty("count", quantiles.count());
        json.addProperty("p50_ms", millis(quantiles.median()));
        json.addProperty("p99_ms", millis(quantiles.p99()));
        return json;
    }

    private static Quantiles quantiles(JsonFields json) {
        return new Quantiles(json.number("count"), millis(json.decimal("p50_ms")), millis(json.decimal("p99_ms")));
    }

    /** To a microsecond. */
    private static double millis(Duration duration) {
        long micros = duration.toNanos() / 1000;
        return micros / 1000.0;
    }

    private static Duration millis(double millis) {
        return Duration.ofNanos(Math.round(millis * 1_000_000));
    }

    private static JsonElement drain(@Nullable DrainProgress drain) {
        if (drain == null) {
            return JsonNull.INSTANCE;
        }
        JsonObject json = new JsonObject();
        json.addProperty("connections_at_start", drain.connectionsAtStart());
        json.addProperty("deadline", drain.deadline().toString());
        json.addProperty("expected_end", drain.expectedEnd().toString());
        json.addProperty("oldest_since", textOrNull(drain.oldestSince()));
        json.addProperty("clients_may_return", drain.clientsMayReturn());
        return json;
    }

    private static DrainProgress drain(JsonFields json) {
        return new DrainProgress(
                json.number("connections_at_start"),
                json.instant("deadline"),
                json.instant("expected_end"),
                json.instantOrNull("oldest_since"),
                json.bool("clients_may_return"));
    }

    private static LastCheck lastCheck(JsonFields json) {
        return new LastCheck(
                json.instant("at"),
                json.bool("success"),
                Duration.ofNanos(Math.round(json.decimal("duration_ms") * 1_000_000)),
                json.string("detail"));
    }

    private static <T> List<T> list(List<JsonFields> objects, Function<JsonFields, T> reader) {
        List<T> list = new ArrayList<>();
        for (JsonFields object : objects) {
            list.add(reader.apply(object));
        }
        return list;
    }

    private static <T> JsonArray array(List<T> elements, Function<T, JsonObject> toTree) {
        JsonArray array = new JsonArray();
        elements.forEach(element -> array.add(toTree.apply(element)));
        return array;
    }

    private static JsonArray strings(List<String> texts) {
        JsonArray array = new JsonArray();
        texts.forEach(array::add);
        return array;
    }

    private static JsonObject counters(Map<String, Long> counters) {
        JsonObject json = new JsonObject();
        counters.forEach(json::addProperty);
        return json;
    }

    private static JsonObject texts(Map<String, String> texts) {
        JsonObject json = new JsonObject();
        texts.forEach(json::addProperty);
        return json;
    }

    private static @Nullable String textOrNull(@Nullable Instant instant) {
        return instant == null ? null : instant.toString();
    }
}
