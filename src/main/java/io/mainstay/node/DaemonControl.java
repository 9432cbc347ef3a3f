// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.config.MainstayConfig;
import io.mainstay.config.ServiceSettings;
import io.mainstay.config.VirtualRouterSettings;
import io.mainstay.control.BackendChangeOutcome;
import io.mainstay.control.BackendChangeRequest;
import io.mainstay.control.BackendCheckOutcome;
import io.mainstay.control.ControlHandler;
import io.mainstay.control.ControlRefusal;
import io.mainstay.control.FlowExplanation;
import io.mainstay.control.FlowExplanationRequest;
import io.mainstay.control.NodeDrainOutcome;
import io.mainstay.control.NodeDrainRequest;
import io.mainstay.control.PersistenceClearRequest;
import io.mainstay.control.PersistenceList;
import io.mainstay.control.ReloadOutcome;
import io.mainstay.control.ServiceChangeOutcome;
import io.mainstay.control.ServiceChangeRequest;
import io.mainstay.control.SwitchoverOutcome;
import io.mainstay.control.SwitchoverRequest;
import io.mainstay.forward.BackendConfig;
import io.mainstay.forward.ServiceConfig;
import io.mainstay.forward.kernel.EngineDecision;
import io.mainstay.forward.kernel.FlowQuestion;
import io.mainstay.forward.kernel.FlowStory;
import io.mainstay.forward.kernel.KernelEngine;
import io.mainstay.forward.proxy.BackendSnapshot;
import io.mainstay.forward.proxy.CheckRun;
import io.mainstay.forward.proxy.DrainOutcome;
import io.mainstay.forward.proxy.DrainStatus;
import io.mainstay.forward.proxy.PersistenceSnapshot;
import io.mainstay.forward.proxy.ProxyEngine;
import io.mainstay.forward.proxy.ProxySnapshot;
import io.mainstay.forward.proxy.ServiceSnapshot;
import io.mainstay.net.IpAddress;
import io.mainstay.net.VirtualAddress;
import io.mainstay.observe.StatusSnapshot;
import io.mainstay.time.MonotonicClock;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Carries out what the command line asks for. May be called by several threads at once. */
final class DaemonControl implements ControlHandler {

    /** Of those that keep a backend, as many are looked through when one is asked for. */
    private static final int MOST_CLIENTS = 100_000;

    private final RunningConfig config;
    private final Supplier<StatusSnapshot> status;
    /** The election is seen anew every 50 ms at least. */
    private static final Duration LONGEST_WAIT_FOR_SNAPSHOT = Duration.ofMillis(200);

    private final ElectionDriver election;
    private final ProxyEngine proxy;
    private final KernelEngine flows;
    private final MonotonicClock clock;

    DaemonControl(
            RunningConfig config,
            Supplier<StatusSnapshot> status,
            ElectionDriver election,
            ProxyEngine proxy,
            KernelEngine flows,
            MonotonicClock clock) {
        this.config = config;
        this.status = status;
        this.election = election;
        this.proxy = proxy;
        this.flows = flows;
        this.clock = clock;
    }

    @Override
    public StatusSnapshot status() {
        return status.get();
    }

    @Override
    public MainstayConfig config() {
        return config.current();
    }

    @Override
    public ReloadOutcome reload() {
        return config.reload();
    }

    @Override
    public CompletionStage<List<SwitchoverOutcome>> switchover(SwitchoverRequest request) {
        List<ElectionSnapshot.Router> routers = routersToMove(request.virtualRouter());
        List<String> names = routers.stream().map(ElectionSnapshot.Router::name).toList();
        List<CompletableFuture<HandOverResult>> results = election.handOver(names, Optional.of(request.timeout()));
        if (!request.untilDone()) {
            return CompletableFuture.completedFuture(names.stream()
                    .map(name -> new SwitchoverOutcome(name, SwitchoverOutcome.Result.STARTED, null, Duration.ZERO, ""))
                    .toList());
        }
        // The election thread completes the results, and has better to do than to tell of hundreds of them.
        return CompletableFuture.allOf(results.toArray(CompletableFuture[]::new))
                .thenApplyAsync(done -> outcomes(names, results), Thread::startVirtualThread);
    }

    private List<SwitchoverOutcome> outcomes(List<String> names, List<CompletableFuture<HandOverResult>> results) {
        Map<String, String> actives = new HashMap<>();
        for (ElectionSnapshot.Router router : snapshotFromNowOn().routers()) {
            router.activeAddress().ifPresent(address -> actives.put(router.name(), address.toString()));
        }
        List<SwitchoverOutcome> outcomes = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            HandOverResult result = results.get(i).join();
            String name = names.get(i);
            boolean done = result.outcome() == HandOverResult.Outcome.HANDED_OVER;
            outcomes.add(new SwitchoverOutcome(
                    name,
                    done ? SwitchoverOutcome.Result.HANDED_OVER : SwitchoverOutcome.Result.FAILED,
                    done ? actives.get(name) : null,
                    result.duration(),
                    done ? result.detail() + livingOn(name) : result.detail()));
        }
        return outcomes;
    }

    /** What becomes of the connections that this node still has on the addresses. */
    private String livingOn(String router) {
        VirtualRouterSettings settings = config().virtualRouters().stream()
                .filter(each -> each.router().name().equals(router))
                .findFirst()
                .orElseThrow();
        if (!settings.drainTimeout().isPositive()) {
            return "";
        }
        int connections = proxy.countConnections(settings.router().addresses().stream()
                        .map(VirtualAddress::address)
                        .collect(Collectors.toSet()))
                .join();
        return connections == 0
                ? ""
                : "; " + (connections == 1 ? "1 connection lives" : connections + " connections live")
                        + " on here for up to "
                        + Math.ceilDiv(settings.drainTimeout().toMillis(), 1000) + " s";
    }

    /** The latest one was taken before what was just heard of. Gives up waiting for another before a person notices. */
    private ElectionSnapshot snapshotFromNowOn() {
        MonotonicInstant asked = clock.now();
        MonotonicInstant end = asked.plus(LONGEST_WAIT_FOR_SNAPSHOT);
        while (election.snapshot().takenAt().isBefore(asked) && !clock.now().hasReached(end)) {
            LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
        }
        return election.snapshot();
    }

    private List<ElectionSnapshot.Router> routersToMove(Optional<String> wanted) {
        List<ElectionSnapshot.Router> routers = election.snapshot().routers();
        if (wanted.isPresent()) {
            ElectionSnapshot.Router router = routers.stream()
                    .filter(each -> each.name().equals(wanted.get()))
                    .findFirst()
                    .orElseThrow(() -> new ControlRefusal(
                            ControlRefusal.Reason.NOT_FOUND,
                            "virtual router: " + wanted.get() + " (expected: one of " + routerNames() + ")"));
            if (!isActive(router)) {
                throw new ControlRefusal(
                        ControlRefusal.Reason.CONFLICT,
                        "virtual router " + router.name() + " is " + router.state()
                                + " here: only the Active can hand over" + whereItIs(router));
            }
            return List.of(router);
        }
        List<ElectionSnapshot.Router> active =
                routers.stream().filter(DaemonControl::isActive).toList();
        if (active.isEmpty()) {
            throw new ControlRefusal(
                    ControlRefusal.Reason.CONFLICT,
                    "no virtual router is ACTIVE on this node: only the Active can hand over"
                            + routers.stream()
                                    .findFirst()
                                    .map(DaemonControl::whereItIs)
                                    .orElse(""));
        }
        return active;
    }

    private static boolean isActive(ElectionSnapshot.Router router) {
        return router.state().equals("ACTIVE");
    }

    private static String whereItIs(ElectionSnapshot.Router router) {
        return router.activeAddress()
                .map(address -> " (" + router.name() + " is Active on " + address + ")")
                .orElse("");
    }

    private List<String> routerNames() {
        return config().virtualRouters().stream()
                .map(VirtualRouterSettings::router)
                .map(router -> router.name())
                .toList();
    }

    @Override
    public CompletionStage<BackendChangeOutcome> changeBackend(BackendChangeRequest request) {
        ServiceConfig service = service(request.service());
        requireBackend(service, request.backend());
        MonotonicInstant askedAt = clock.now();
        Duration timeout = request.timeout().orElse(service.drainTimeout());
        return switch (request.change()) {
            case READY -> {
                proxy.ready(request.service(), request.backend());
                yield CompletableFuture.completedFuture(outcome(request, 0, askedAt));
            }
            case DRAIN -> drain(request, timeout, askedAt);
            case MAINT -> maintenance(request, timeout, askedAt);
        };
    }

    private CompletableFuture<BackendChangeOutcome> drain(
            BackendChangeRequest request, Duration timeout, MonotonicInstant askedAt) {
        CompletableFuture<DrainOutcome> drained = proxy.drain(request.service(), request.backend(), timeout);
        return request.untilDone()
                ? drained.thenApply(done -> outcome(request, done.reset(), askedAt))
                : CompletableFuture.completedFuture(outcome(request, 0, askedAt));
    }

    /** Live connections are left alone unless the operator waits for them or names a deadline: then they are drained first. */
    private CompletableFuture<BackendChangeOutcome> maintenance(
            BackendChangeRequest request, Duration timeout, MonotonicInstant askedAt) {
        if (!request.untilDone() && request.timeout().isEmpty()) {
            proxy.maintenance(request.service(), request.backend());
            return CompletableFuture.completedFuture(outcome(request, 0, askedAt));
        }
        CompletableFuture<BackendChangeOutcome> done = proxy.drain(request.service(), request.backend(), timeout)
                .thenApply(drained -> {
                    if (!drained.cancelled()) {
                        proxy.maintenance(request.service(), request.backend());
                    }
                    return outcome(request, drained.reset(), askedAt);
                });
        return request.untilDone() ? done : CompletableFuture.completedFuture(outcome(request, 0, askedAt));
    }

    @Override
    public CompletionStage<NodeDrainOutcome> drainNode(NodeDrainRequest request) {
        boolean anyActive = election.snapshot().routers().stream().anyMatch(DaemonControl::isActive);
        return new NodeDrain(this).drain(request, anyActive);
    }

    @Override
    public CompletionStage<NodeDrainOutcome> readyNode() {
        return new NodeDrain(this).ready();
    }

    @Override
    public CompletionStage<ServiceChangeOutcome> changeService(ServiceChangeRequest request) {
        ServiceConfig service = service(request.service());
        MonotonicInstant askedAt = clock.now();
        boolean drainsFirst = request.change() == BackendChangeRequest.Change.DRAIN
                || (request.change() == BackendChangeRequest.Change.MAINT
                        && (request.untilDone() || request.timeout().isPresent()));
        if (!drainsFirst) {
            if (request.change() == BackendChangeRequest.Change.READY) {
                proxy.ready(service.name());
            } else {
                proxy.maintenance(service.name());
            }
            return CompletableFuture.completedFuture(outcome(request, 0, askedAt));
        }
        CompletableFuture<ServiceChangeOutcome> done = proxy.drain(
                        service.name(), request.timeout().orElse(service.drainTimeout()))
                .thenApply(drains -> {
                    boolean cancelled = drains.stream().anyMatch(DrainOutcome::cancelled);
                    if (request.change() == BackendChangeRequest.Change.MAINT && !cancelled) {
                        proxy.maintenance(service.name());
                    }
                    return outcome(
                            request,
                            drains.stream().mapToInt(DrainOutcome::reset).sum(),
                            askedAt);
                });
        return request.untilDone() ? done : CompletableFuture.completedFuture(outcome(request, 0, askedAt));
    }

    private ServiceChangeOutcome outcome(ServiceChangeRequest request, int reset, MonotonicInstant askedAt) {
        ServiceSnapshot service = proxy.snapshot().services().stream()
                .filter(each -> each.name().equals(request.service()))
                .findFirst()
                .orElseThrow();
        return new ServiceChangeOutcome(
                service.name(),
                ServiceStatuses.state(service),
                service.active(),
                reset,
                request.change() == BackendChangeRequest.Change.READY
                        || service.backends().stream().allMatch(DaemonControl::isEmpty),
                clock.now().since(askedAt));
    }

    private BackendChangeOutcome outcome(BackendChangeRequest request, int reset, MonotonicInstant askedAt) {
        BackendSnapshot backend = backend(request);
        return new BackendChangeOutcome(
                request.service(),
                request.backend(),
                ServiceStatuses.state(backend.state()),
                backend.active(),
                reset,
                request.change() == BackendChangeRequest.Change.READY || isEmpty(backend),
                clock.now().since(askedAt));
    }

    /** Whether it has no connection, nor will get any. */
    private static boolean isEmpty(BackendSnapshot backend) {
        DrainStatus drain = backend.drain();
        return backend.active() == 0 && (drain == null || !drain.clientsMayReturn());
    }

    private BackendSnapshot backend(BackendChangeRequest request) {
        return proxy.snapshot().services().stream()
                .filter(service -> service.name().equals(request.service()))
                .flatMap(service -> service.backends().stream())
                .filter(backend -> backend.name().equals(request.backend()))
                .findFirst()
                .orElseThrow();
    }

    @Override
    public CompletionStage<BackendCheckOutcome> checkBackend(String service, String backend) {
        requireBackend(service(service), backend);
        return proxy.check(service, backend)
                .thenApply(runs -> new BackendCheckOutcome(
                        service,
                        backend,
                        runs.stream().map(DaemonControl::check).toList()));
    }

    private static BackendCheckOutcome.Check check(CheckRun run) {
        return new BackendCheckOutcome.Check(
                run.check(),
                run.outcome().finding().success(),
                run.outcome().finding().detail(),
                run.outcome().duration(),
                run.outcome().steps().stream()
                        .map(step -> new BackendCheckOutcome.Step(step.name(), step.detail(), step.duration()))
                        .toList());
    }

    @Override
    public CompletionStage<FlowExplanation> explainFlow(FlowExplanationRequest request) {
        ProxySnapshot states = proxy.snapshot();
        return flows.explain(
                        new FlowQuestion(
                                request.transport(), request.client(), request.clientPort(), request.destination()),
                        backend -> ServiceStatuses.stateWord(states, backend))
                .handle((story, failure) -> {
                    if (failure != null) {
                        throw new ControlRefusal(
                                ControlRefusal.Reason.UNAVAILABLE,
                                "the data path cannot be asked: " + failure.getMessage());
                    }
                    return explanation(request, states, story);
                });
    }

    /** What the data path leaves to the stack, the proxy engine may take. */
    private FlowExplanation explanation(
            FlowExplanationRequest request, ProxySnapshot states, Optional<FlowStory> story) {
        boolean ofKernel = story.isPresent()
                && (!story.get().verdict().equals("stack")
                        || !story.get().service().isEmpty());
        if (ofKernel) {
            return KernelFlows.explain(request, story.get());
        }
        Optional<ServiceSnapshot> service = ProxyFlows.serviceOf(states, request);
        if (service.isEmpty()) {
            return KernelFlows.nobody(request);
        }
        EngineDecision decision = flows.decisions().get(service.get().name());
        return ProxyFlows.explain(
                service.get(),
                request,
                kept(service.get().name(), request.client()),
                decision == null ? "" : decision.reason());
    }

    /** The backend that persistence keeps for a client. */
    private Optional<String> kept(String service, IpAddress client) {
        return proxy.persistence(service, MOST_CLIENTS).latest().stream()
                .filter(each -> each.client().equals(client.toString()))
                .map(PersistenceSnapshot.Client::backend)
                .findFirst();
    }

    @Override
    public PersistenceList persistence(String service, int most) {
        requirePersistence(service);
        PersistenceSnapshot snapshot = proxy.persistence(service, most);
        return new PersistenceList(
                service,
                snapshot.clients(),
                snapshot.evictions(),
                snapshot.latest().stream()
                        .map(client ->
                                new PersistenceList.Client(client.client(), client.backend(), client.remaining()))
                        .toList());
    }

    @Override
    public long clearPersistence(PersistenceClearRequest request) {
        ServiceConfig service = requirePersistence(request.service());
        request.backend().ifPresent(backend -> requireBackend(service, backend));
        return proxy.clearPersistence(request.service(), request.backend(), request.client());
    }

    private ServiceConfig requirePersistence(String name) {
        ServiceConfig service = service(name);
        if (service.selection().persistence().isEmpty()) {
            throw new ControlRefusal(
                    ControlRefusal.Reason.CONFLICT,
                    "service " + name + " has no persistence (expected: persistence.type: source_ip)");
        }
        return service;
    }

    private static void requireBackend(ServiceConfig service, String name) {
        if (service.backends().stream().noneMatch(each -> each.name().equals(name))) {
            throw new ControlRefusal(
                    ControlRefusal.Reason.NOT_FOUND,
                    "backend of " + service.name() + ": " + name + " (expected: one of "
                            + service.backends().stream()
                                    .map(BackendConfig::name)
                                    .toList() + ")");
        }
    }

    private ServiceConfig service(String name) {
        return config().services().stream()
                .map(ServiceSettings::service)
                .filter(service -> service.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new ControlRefusal(
                        ControlRefusal.Reason.NOT_FOUND,
                        "service: " + name + " (expected: one of "
                                + config().services().stream()
                                        .map(each -> each.service().name())
                                        .toList() + ")"));
    }
}
