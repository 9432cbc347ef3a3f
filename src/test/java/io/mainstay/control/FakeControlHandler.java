// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import io.mainstay.config.ConfigFile;
import io.mainstay.config.ConfigResult;
import io.mainstay.config.HostFacts;
import io.mainstay.config.MainstayConfig;
import io.mainstay.observe.BackendStatus;
import io.mainstay.observe.SampleStatus;
import io.mainstay.observe.ServiceStatus;
import io.mainstay.observe.StatusSnapshot;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;

/** A daemon that does nothing but remember what it was asked. */
public final class FakeControlHandler implements ControlHandler {

    public static final String CONFIG = """
        virtual_routers:
          - {name: web, interface: eth0, vrid: 51, addresses: [198.51.100.10/24]}
        services:
          - name: https
            listen: 198.51.100.10:443
            backends: [{name: web1, address: "10.0.0.11:8443"}]
        """;

    /** The configuration in force. */
    public volatile String yaml = CONFIG;

    public final BlockingQueue<NodeDrainRequest> nodeDrains = new LinkedBlockingQueue<>();
    public final BlockingQueue<SwitchoverRequest> switchovers = new LinkedBlockingQueue<>();
    public final BlockingQueue<BackendChangeRequest> backendChanges = new LinkedBlockingQueue<>();

    public final BlockingQueue<String> persistenceLists = new LinkedBlockingQueue<>();
    public final BlockingQueue<PersistenceClearRequest> persistenceClears = new LinkedBlockingQueue<>();

    /** What the next switchovers come to. */
    public volatile Function<SwitchoverRequest, CompletionStage<List<SwitchoverOutcome>>> switchover =
            request -> CompletableFuture.completedStage(List.of(new SwitchoverOutcome(
                    request.virtualRouter().orElse("web"),
                    request.untilDone() ? SwitchoverOutcome.Result.HANDED_OVER : SwitchoverOutcome.Result.STARTED,
                    request.untilDone() ? "198.51.100.2" : null,
                    Duration.ofMillis(123),
                    "")));

    /** What the next changes of a backend come to. */
    public volatile Function<BackendChangeRequest, CompletionStage<BackendChangeOutcome>> backendChange =
            request -> CompletableFuture.completedStage(outcome(request, request.untilDone() ? 0 : 5));

    public final BlockingQueue<ServiceChangeRequest> serviceChanges = new LinkedBlockingQueue<>();

    /** What the next reloads come to. */
    public volatile ReloadOutcome reload =
            new ReloadOutcome(ReloadOutcome.Result.UNCHANGED, List.of(), List.of(), List.of(), "");

    /** What the next requests for the status get. */
    public volatile StatusSnapshot status = SampleStatus.snapshot();

    public static BackendChangeOutcome outcome(BackendChangeRequest request, long connectionsLeft) {
        BackendStatus.State state = switch (request.change()) {
            case DRAIN -> BackendStatus.State.DRAINING;
            case READY -> BackendStatus.State.HEALTHY;
            case MAINT -> BackendStatus.State.MAINTENANCE;
        };
        return new BackendChangeOutcome(
                request.service(),
                request.backend(),
                state,
                connectionsLeft,
                0,
                connectionsLeft == 0,
                Duration.ofMillis(1500));
    }

    @Override
    public StatusSnapshot status() {
        return status;
    }

    @Override
    public MainstayConfig config() {
        ConfigResult result = ConfigFile.parse(
                yaml, "fake", new HostFacts("lb1", HostFacts.DEFAULT_RUN_DIRECTORY, address -> true, program -> ""));
        return switch (result) {
            case ConfigResult.Valid valid -> valid.config();
            case ConfigResult.Invalid invalid -> throw new AssertionError(invalid.problems());
        };
    }

    @Override
    public ReloadOutcome reload() {
        return reload;
    }

    @Override
    public CompletionStage<List<SwitchoverOutcome>> switchover(SwitchoverRequest request) {
        switchovers.add(request);
        return switchover.apply(request);
    }

    @Override
    public CompletionStage<ServiceChangeOutcome> changeService(ServiceChangeRequest request) {
        serviceChanges.add(request);
        ServiceStatus.State state = switch (request.change()) {
            case DRAIN -> ServiceStatus.State.DRAINING;
            case READY -> ServiceStatus.State.SERVING;
            case MAINT -> ServiceStatus.State.MAINTENANCE;
        };
        long left = request.untilDone() ? 0 : 7;
        return CompletableFuture.completedStage(
                new ServiceChangeOutcome(request.service(), state, left, 2, left == 0, Duration.ofMillis(1500)));
    }

    @Override
    public CompletionStage<NodeDrainOutcome> drainNode(NodeDrainRequest request) {
        nodeDrains.add(request);
        return switchover(new SwitchoverRequest(Optional.empty(), true, SwitchoverRequest.DEFAULT_TIMEOUT))
                .thenApply(routers -> new NodeDrainOutcome(
                        routers,
                        List.of(new ServiceChangeOutcome(
                                "admin", ServiceStatus.State.DRAINING, 3, 0, false, Duration.ofMillis(1500)))));
    }

    @Override
    public CompletionStage<NodeDrainOutcome> readyNode() {
        return CompletableFuture.completedStage(new NodeDrainOutcome(List.of(), List.of()));
    }

    @Override
    public CompletionStage<BackendCheckOutcome> checkBackend(String service, String backend) {
        boolean passed = !backend.equals("web3");
        return CompletableFuture.completedStage(new BackendCheckOutcome(
                service,
                backend,
                List.of(new BackendCheckOutcome.Check(
                        "http GET /health",
                        passed,
                        passed ? "HTTP status 200" : "connect: connection refused (errno 111)",
                        Duration.ofNanos(1_234_000),
                        List.of(
                                new BackendCheckOutcome.Step("route", "through eth0", Duration.ofNanos(60_000)),
                                new BackendCheckOutcome.Step("connect", "connected", Duration.ofNanos(420_000)))))));
    }

    @Override
    public CompletionStage<FlowExplanation> explainFlow(FlowExplanationRequest request) {
        boolean served = request.destination().port() == 443;
        return CompletableFuture.completedStage(new FlowExplanation(
                request.source(),
                request.listener(),
                "https",
                "kernel",
                "full_nat",
                true,
                served,
                served ? "forwarded" : "reset",
                served ? "" : "drop_no_backend",
                "",
                served ? "web1" : "",
                served ? "198.51.100.10:20917 to 10.0.0.11:8443" : "",
                served ? "eth1 to 10.0.0.11" : "",
                Map.of("web1", 256L),
                List.of("Service https is run by the kernel engine.", "With a control\u0007 character.")));
    }

    @Override
    public PersistenceList persistence(String service, int most) {
        persistenceLists.add(service + " " + most);
        return new PersistenceList(
                service,
                70_000,
                3,
                List.of(
                        new PersistenceList.Client("198.51.100.7", "web1", Duration.ofMinutes(29)),
                        new PersistenceList.Client("2001:db8::/64", "web2", Duration.ofSeconds(5))));
    }

    @Override
    public long clearPersistence(PersistenceClearRequest request) {
        persistenceClears.add(request);
        return 42;
    }

    @Override
    public CompletionStage<BackendChangeOutcome> changeBackend(BackendChangeRequest request) {
        backendChanges.add(request);
        return backendChange.apply(request);
    }
}
