// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import io.mainstay.cli.Table.Cell;
import io.mainstay.observe.BackendStatus;
import io.mainstay.observe.BackendStatus.DrainProgress;
import io.mainstay.observe.BackendStatus.LastCheck;
import io.mainstay.observe.BackendStatus.Latency;
import io.mainstay.observe.BackendStatus.Quantiles;
import io.mainstay.observe.Packets;
import io.mainstay.observe.ProductVersion;
import io.mainstay.observe.ServiceStatus;
import io.mainstay.observe.ServiceStatus.SourcePorts;
import io.mainstay.observe.StatusSnapshot;
import io.mainstay.observe.TrackerStatus;
import io.mainstay.observe.VirtualRouterStatus;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The status for people: tables whose long column is the last, and below them what does not fit into a column. */
final class StatusText {

    private static final int ADDRESSES_SHOWN = 3;

    /** From there on a list of several services tells of it. */
    private static final int PORTS_SHORT_PERCENT = 50;

    private final PrintWriter out;
    private final boolean colours;

    StatusText(PrintWriter out, boolean colours) {
        this.out = out;
        this.colours = colours;
    }

    /** @param program the version of this program, which may have been installed without a restart of the daemon */
    void print(StatusSnapshot status, ProductVersion program) {
        out.println("node " + status.node() + ", mainstay " + status.version().number() + ", up "
                + HumanText.ago(status.startedAt(), status.time()) + ", configuration " + status.configHash());
        ProductVersion.Age age = status.version().beside(program);
        if (age != ProductVersion.Age.SAME) {
            out.println("  restart " + VersionCommand.restart(age));
        }
        if (!status.virtualRouters().isEmpty()) {
            out.println();
            printVirtualRouters(status);
        }
        if (!status.services().isEmpty()) {
            out.println();
            printServices(status.services());
            String drops = drops(status.kernelEvents());
            if (!drops.isEmpty()) {
                out.println("kernel engine: " + drops);
            }
            out.println();
            printBackends(status.services(), status.time());
        }
    }

    private void printVirtualRouters(StatusSnapshot status) {
        Table table =
                new Table("VIRTUAL ROUTER", "STATE", "FOR", "PRIORITY", "VRID", "INTERFACE", "ACTIVE AT", "ADDRESSES");
        List<String> remarks = new ArrayList<>();
        for (VirtualRouterStatus router : status.virtualRouters()) {
            String active = router.activeAddress();
            table.row(
                    router.name(),
                    new Cell(router.state().name(), Colour.of(router.state())),
                    HumanText.ago(router.since(), status.time()),
                    priority(router),
                    router.vrid(),
                    router.interfaceName(),
                    active == null ? "-" : active,
                    some(router.addresses()));
            remark(remarks, router.name(), router.reason());
            remark(
                    remarks,
                    router.name(),
                    router.virtualMacs().isEmpty() ? "" : "virtual MAC " + String.join(", ", router.virtualMacs()));
            remark(remarks, router.name(), router.handingOver() ? "handing over" : "");
            remark(
                    remarks,
                    router.name(),
                    router.preemptSuspended() ? "lets the other node be Active after a switchover" : "");
            remark(
                    remarks,
                    router.name(),
                    router.effectivePriority() == router.priority() ? "" : "priority " + router.priorityBreakdown());
            for (TrackerStatus tracker : router.trackers()) {
                remark(remarks, router.name(), tracker(tracker, status.time()));
            }
            router.peerProblems().forEach(problem -> remark(remarks, router.name(), problem));
            remark(remarks, router.name(), counters("discarded", router.discards()));
        }
        table.print(out, colours);
        remarks.forEach(out::println);
    }

    private static String tracker(TrackerStatus tracker, Instant now) {
        return tracker.kind() + " " + tracker.name() + " " + tracker.state() + " for "
                + HumanText.ago(tracker.since(), now) + ": " + tracker.detail();
    }

    private static String priority(VirtualRouterStatus router) {
        return router.effectivePriority() == router.priority()
                ? Integer.toString(router.priority())
                : router.effectivePriority() + " of " + router.priority();
    }

    void printKernelInterfaces(StatusSnapshot status) {
        status.kernelInterfaces().forEach((name, how) -> out.println("kernel engine on " + name + ": " + how));
    }

    void printServices(List<ServiceStatus> services) {
        Table table =
                new Table("SERVICE", "STATE", "ENGINE", "BALANCE", "BACKENDS", "CONN", "TOTAL", "IN", "OUT", "LISTEN");
        List<String> remarks = new ArrayList<>();
        for (ServiceStatus service : services) {
            int healthy = 0;
            for (BackendStatus backend : service.backends()) {
                healthy += backend.state() == BackendStatus.State.HEALTHY ? 1 : 0;
            }
            table.row(
                    service.name(),
                    new Cell(service.state().name(), Colour.of(service.state())),
                    service.engine(),
                    service.balance(),
                    healthy + "/" + service.backends().size(),
                    service.connectionsActive(),
                    service.connectionsTotal(),
                    HumanText.size(service.bytesIn()),
                    HumanText.size(service.bytesOut()),
                    some(service.listen()));
            remark(
                    remarks,
                    service.name(),
                    service.engine().equals("kernel") || service.engineReason().isEmpty()
                            ? ""
                            : "not in the kernel: " + service.engineReason());
            remark(remarks, service.name(), panic(service.tier()));
            remark(remarks, service.name(), sourcePorts(service.sourcePorts(), services.size() == 1));
            long waiting = service.connectionsWaiting();
            remark(remarks, service.name(), waiting == 0 ? "" : waiting + " clients wait for a backend");
            remark(remarks, service.name(), services.size() == 1 ? packets(service.packets()) : "");
            remark(remarks, service.name(), counters("refused", service.refused()));
        }
        table.print(out, colours);
        remarks.forEach(out::println);
    }

    /** @param always also where there are plenty */
    private static String sourcePorts(@Nullable SourcePorts ports, boolean always) {
        if (ports == null || (!always && ports.used() * 100 < ports.limit() * PORTS_SHORT_PERCENT)) {
            return "";
        }
        return ports.used() + " of " + ports.limit() + " source ports taken"
                + (ports.backend().isEmpty() ? "" : " to " + ports.backend() + ", where it is most")
                + (ports.sourceAddresses() == 1 ? "" : " (from " + ports.sourceAddresses() + " addresses)");
    }

    /** Packets that the data path has dropped, by reason. */
    private static String drops(Map<String, Long> events) {
        Map<String, Long> drops = new TreeMap<>();
        events.forEach((event, count) -> {
            if (event.startsWith("drop_")) {
                drops.put(event.substring("drop_".length()), count);
            }
        });
        return counters("dropped", drops);
    }

    private static String panic(String tier) {
        return switch (tier) {
            case "backup" -> "too few backends are healthy: backups serve";
            case "all" -> "too few backends are healthy: all serve, whatever their checks say";
            default -> "";
        };
    }

    void printBackends(List<ServiceStatus> services, Instant now) {
        List<String> remarks = new ArrayList<>();
        Table table =
                new Table("BACKEND", "STATE", "FOR", "ADDRESS", "WEIGHT", "CONN", "TOTAL", "IN", "OUT", "LAST CHECK");
        for (ServiceStatus service : services) {
            for (BackendStatus backend : service.backends()) {
                String name = service.name() + "/" + backend.name();
                table.row(
                        backend.backup() ? name + " (backup)" : name,
                        new Cell(state(backend, now), Colour.of(backend.state())),
                        HumanText.ago(backend.since(), now),
                        backend.address(),
                        weight(backend),
                        connections(backend),
                        backend.connectionsTotal(),
                        HumanText.size(backend.bytesIn()),
                        HumanText.size(backend.bytesOut()),
                        lastCheck(backend.lastCheck(), now));
                remark(remarks, name, explanation(backend));
                remark(remarks, name, drain(backend, now));
                remark(remarks, name, inKernel(backend));
            }
        }
        table.print(out, colours);
        remarks.forEach(out::println);
    }

    private static String weight(BackendStatus backend) {
        return backend.sharePercent() == 100 || backend.weight() == 0
                ? Integer.toString(backend.weight())
                : backend.sharePercent() + "% of " + backend.weight();
    }

    private static String connections(BackendStatus backend) {
        return backend.maxConnections() == 0
                ? Long.toString(backend.connectionsActive())
                : backend.connectionsActive() + "/" + backend.maxConnections();
    }

    /** Why it does not serve, where the last check does not tell. */
    private static String explanation(BackendStatus backend) {
        boolean told = backend.state() == BackendStatus.State.HEALTHY
                || backend.reason().startsWith("check");
        return told ? "" : backend.reason();
    }

    private static String state(BackendStatus backend, Instant now) {
        DrainProgress drain = backend.drain();
        return drain == null || isEmpty(backend, drain)
                ? backend.state().name()
                : backend.state() + " " + HumanText.duration(Duration.between(now, drain.deadline())) + " left";
    }

    private static String drain(BackendStatus backend, Instant now) {
        DrainProgress drain = backend.drain();
        if (drain == null || isEmpty(backend, drain)) {
            return "";
        }
        if (backend.connectionsActive() == 0) {
            return "no connection left, but clients that it had may come back";
        }
        Instant oldest = drain.oldestSince();
        return backend.connectionsActive() + " of "
                + HumanText.count(drain.connectionsAtStart(), "connection") + " left"
                + (oldest == null ? "" : ", the oldest " + HumanText.ago(oldest, now) + " old")
                + ", none expected to be left in " + HumanText.duration(Duration.between(now, drain.expectedEnd()))
                + (drain.clientsMayReturn() ? "; clients that it had may come back" : "");
    }

    /** Whether a draining backend has no connection, nor will get any. */
    private static boolean isEmpty(BackendStatus backend, DrainProgress drain) {
        return backend.connectionsActive() == 0 && !drain.clientsMayReturn();
    }

    /** What the kernel engine alone knows. */
    private static String inKernel(BackendStatus backend) {
        Latency latency = backend.latency();
        return Stream.of(
                        packets(backend.packets()),
                        latency == null ? "" : quantiles("connect", latency.connect()),
                        latency == null ? "" : quantiles("first byte", latency.firstByte()))
                .filter(text -> !text.isEmpty())
                .collect(Collectors.joining(", "));
    }

    private static String packets(@Nullable Packets packets) {
        return packets == null || packets.in() + packets.out() == 0
                ? ""
                : HumanText.count(packets.in(), "packet") + " in and " + packets.out() + " out";
    }

    private static String quantiles(String what, @Nullable Quantiles quantiles) {
        return quantiles == null
                ? ""
                : what + " p50 " + HumanText.fine(quantiles.median()) + " p99 " + HumanText.fine(quantiles.p99());
    }

    private static String lastCheck(@Nullable LastCheck check, Instant now) {
        if (check == null) {
            return "none yet";
        }
        return (check.success() ? "passed: " : "failed: ") + check.detail() + " (in "
                + HumanText.duration(check.duration()) + ", " + HumanText.ago(check.at(), now) + " ago)";
    }

    private static String some(List<String> texts) {
        int more = texts.size() - ADDRESSES_SHOWN;
        return more <= 0
                ? String.join(" ", texts)
                : String.join(" ", texts.subList(0, ADDRESSES_SHOWN)) + " and " + more + " more";
    }

    private static String counters(String verb, Map<String, Long> counters) {
        StringBuilder text = new StringBuilder();
        for (Map.Entry<String, Long> counter : counters.entrySet()) {
            if (counter.getValue() > 0) {
                text.append(text.isEmpty() ? verb + ": " : ", ")
                        .append(counter.getKey())
                        .append(' ')
                        .append(counter.getValue());
            }
        }
        return text.toString();
    }

    private static void remark(List<String> remarks, String subject, String remark) {
        if (!remark.isEmpty()) {
            remarks.add("  " + HumanText.printable(subject + ": " + remark));
        }
    }
}
