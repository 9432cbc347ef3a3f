// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.forward.BackendConfig;
import io.mainstay.forward.Balance;
import io.mainstay.forward.ListenerConfig;
import io.mainstay.forward.RefusalReason;
import io.mainstay.forward.SelectionConfig;
import io.mainstay.forward.ServiceConfig;
import io.mainstay.forward.TimeoutConfig;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.forward.wire.ClientRoute;
import io.mainstay.health.HealthCheckConfig;
import io.mainstay.health.ServiceHealthConfig;
import io.mainstay.kernel.CommandResult;
import io.mainstay.kernel.Commands;
import io.mainstay.net.Endpoint;
import io.mainstay.net.Transport;
import io.mainstay.time.MonotonicInstant;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Relays between simulated sockets, on a clock that stands until it is moved. */
final class RelayBench {

    static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);
    static final Duration IDLE_TIMEOUT = Duration.ofMinutes(5);
    static final Duration HALF_CLOSED_TIMEOUT = Duration.ofSeconds(30);

    static final int MAX_LENT_BLOCKS = 4;

    static final int MAX_PIPES = 2;

    static final Endpoint CLIENT = Endpoint.parse("198.18.2.1:50000");

    /** A deadline is served at most this long after it has passed. */
    static final Duration TIMER_SLACK = Duration.ofNanos(3 * TimerWheel.TICK_NANOS);

    static final HealthCheckConfig CHECK =
            new HealthCheckConfig(new HealthCheckConfig.Tcp(), Duration.ofSeconds(10), Duration.ofSeconds(3), 3, 2);

    private record Later(MonotonicInstant due, Runnable task) {}

    private static final Commands NO_COMMANDS = command -> new CommandResult.NotRun("not in this test");

    /** How the next attempt to connect goes. */
    private enum Fate {
        PENDING,
        REFUSED_AT_ONCE,
        SHORTAGE
    }

    private final List<SimulatedSocket> connects = new ArrayList<>();
    private final List<String> connectedTo = new ArrayList<>();
    private final List<ProxyEvent> events = new ArrayList<>();
    private final List<Later> later = new ArrayList<>();
    private final List<String> resets = new ArrayList<>();
    private final Surroundings surroundings = new Surroundings() {
        @Override
        public void retirementBegun(LiveService leaving, LiveBackend backend, Drain drain) {}

        @Override
        public @Nullable LiveService find(String name) {
            return others.get(name);
        }

        @Override
        public void resetConnections(LiveBackend backend) {
            resets.add(backend.name());
        }

        @Override
        public void runAfter(Duration delay, Runnable task) {
            later.add(new Later(now.plus(delay), task));
        }
    };
    private final Map<String, LiveService> others = new HashMap<>();
    private final List<ConnectionRecord> records = new ArrayList<>();
    private final Deque<Runnable> tasks = new ArrayDeque<>();
    private final LiveService service;
    private final LiveListener listener;
    private final Budget stalls = new Budget(MAX_LENT_BLOCKS);
    private final Budget pipeBudget = new Budget(MAX_PIPES);
    private final SimulatedPipe.Source pipes = new SimulatedPipe.Source();
    private final Lane lane;
    private Fate fate = Fate.PENDING;
    private final Set<String> withoutPorts = new HashSet<>();
    private MonotonicInstant now = new MonotonicInstant(Long.MAX_VALUE - 1_000_000_000L);

    RelayBench(int backends) {
        this(Balance.ROUND_ROBIN, backends);
    }

    RelayBench(Balance balance, int backends) {
        this(SelectionConfig.of(balance), backends(backends, 0));
    }

    /** Backends web1, web2, … that get so many connections at the same time; 0: any number. */
    static List<BackendConfig> backends(int count, int maxConnections) {
        List<BackendConfig> configs = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
            configs.add(
                    new BackendConfig("web" + i, Endpoint.parse("198.18.0." + i + ":80"), 100, maxConnections, false));
        }
        return configs;
    }

    RelayBench(SelectionConfig selection, List<BackendConfig> configs) {
        this(selection, configs, ServiceHealthConfig.of(CHECK));
    }

    RelayBench(SelectionConfig selection, List<BackendConfig> configs, ServiceHealthConfig health) {
        ServiceConfig config = new ServiceConfig(
                "web",
                List.of(new ListenerConfig(Endpoint.parse("198.18.1.1:80"), Transport.TCP)),
                selection,
                Duration.ofSeconds(60),
                new TimeoutConfig(CONNECT_TIMEOUT, IDLE_TIMEOUT, HALF_CLOSED_TIMEOUT),
                configs);
        ProxySettings settings =
                new ProxySettings(1, Set.of(), () -> now, Integer.MAX_VALUE, NO_COMMANDS, records::add, () -> {});
        service = new LiveService(
                new ProxyService(config, health), settings, new EventOutlet(Runnable::run, events::add), surroundings);
        for (LiveBackend backend : service.backends()) {
            for (int i = 0; i < health.checks().size(); i++) {
                check(backend, i, true, false);
            }
        }
        events.clear();
        listener = new LiveListener(config.listeners().getFirst().endpoint(), false, true, service, 0);
        lane = new Lane(
                0,
                () -> now,
                new BlockPool(stalls),
                new PipePool(pipes, pipeBudget),
                this::connect,
                () -> {},
                tasks::add,
                new Load(Integer.MAX_VALUE));
    }

    /** Adds a service without listener, with a backend of the same name that is healthy. */
    LiveService other(String name, TrafficConfig traffic) {
        ServiceConfig config = new ServiceConfig(
                name,
                List.of(),
                SelectionConfig.of(Balance.ROUND_ROBIN),
                Duration.ofSeconds(60),
                new TimeoutConfig(CONNECT_TIMEOUT, IDLE_TIMEOUT, HALF_CLOSED_TIMEOUT),
                List.of(new BackendConfig(name, Endpoint.parse("198.18.0.99:80"), 100)));
        LiveService other = new LiveService(
                new ProxyService(config, ServiceHealthConfig.of(CHECK), traffic),
                new ProxySettings(1, Set.of(), () -> now, Integer.MAX_VALUE, NO_COMMANDS, records::add, () -> {}),
                new EventOutlet(Runnable::run, events::add),
                surroundings);
        other.onCheck(
                other.backends().getFirst(),
                other.settings(),
                0,
                new CheckReport(Instant.EPOCH, true, "simulated", Duration.ZERO),
                false);
        others.put(name, other);
        return other;
    }

    void check(LiveBackend backend, boolean success) {
        check(backend, 0, success, false);
    }

    /** Whether it is worth looking again soon. */
    boolean check(LiveBackend backend, int index, boolean success, boolean excused) {
        return check(backend, service.settings(), index, success, excused);
    }

    /** The same for a check that was begun under these settings. */
    boolean check(LiveBackend backend, ProxyService asked, int index, boolean success, boolean excused) {
        return service.onCheck(
                backend, asked, index, new CheckReport(Instant.EPOCH, success, "simulated", Duration.ZERO), excused);
    }

    /** Runs what was to be run later, and whose time has come. */
    private void runDueTasks() {
        for (Later task : List.copyOf(later)) {
            if (now.hasReached(task.due())) {
                later.remove(task);
                task.task().run();
            }
        }
    }

    /** Backends whose connections were to be reset. */
    List<String> resets() {
        return resets;
    }

    private StreamSocket connect(LiveBackend backend, Visit visit, StreamSocket.Listener listener) throws IOException {
        connectedTo.add(backend.name());
        switch (fate) {
            case REFUSED_AT_ONCE -> throw new IOException("connection refused");
            case SHORTAGE -> throw new SocketShortageException(new IOException("too many open files"));
            case PENDING -> {}
        }
        if (withoutPorts.contains(backend.name())) {
            throw new PortShortageException(new IOException("cannot assign requested address"));
        }
        SimulatedSocket socket = new SimulatedSocket(listener);
        connects.add(socket);
        return socket;
    }

    void refuseConnects() {
        fate = Fate.REFUSED_AT_ONCE;
    }

    /** No port is left towards these backends. */
    void runOutOfPorts(String... towards) {
        withoutPorts.addAll(List.of(towards));
    }

    void runOutOfSockets() {
        fate = Fate.SHORTAGE;
    }

    /** Leaves no memory for stalls but what connections have; how many blocks that were. */
    int takeMemory() {
        int taken = 0;
        while (stalls.take()) {
            taken++;
        }
        return taken;
    }

    /** Leaves no pipe but those that are open; how many that were. */
    int takePipes() {
        int taken = 0;
        while (pipeBudget.take()) {
            taken++;
        }
        return taken;
    }

    /** Lets so many more pipes be opened. */
    void givePipes(int count) {
        for (int i = 0; i < count; i++) {
            pipeBudget.giveBack();
        }
    }

    SimulatedPipe.Source pipes() {
        return pipes;
    }

    /** Makes room for so many stalls. */
    void giveMemory(int blocks) {
        for (int i = 0; i < blocks; i++) {
            stalls.giveBack();
        }
    }

    /** A client arrives; its socket. */
    SimulatedSocket accept() {
        Visit visit = visit(CLIENT);
        LiveBackend backend = visit.takeBackend();
        if (backend == null) {
            throw new AssertionError("no backend");
        }
        Relay relay = new Relay(lane, visit, backend);
        SimulatedSocket client = new SimulatedSocket(relay.client());
        relay.client().attach(client);
        relay.start();
        return client;
    }

    private Visit visit(Endpoint peer) {
        assertThat(lane.load().enter()).isTrue();
        return new Visit(lane, listener, peer, listener.endpoint());
    }

    /** A client arrives that has to wait for a backend; its socket. */
    SimulatedSocket queue(Endpoint peer) {
        Reception reception = new Reception(lane, visit(peer));
        SimulatedSocket client = new SimulatedSocket(reception);
        reception.awaitBackend(client);
        return client;
    }

    /** Runs what other threads would have left for the worker. */
    void runTasks() {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    /** A client arrives that has to say something first; its socket. */
    SimulatedSocket receive() {
        Reception reception = new Reception(lane, visit(CLIENT));
        SimulatedSocket client = new SimulatedSocket(reception);
        reception.awaitHeader(client);
        return client;
    }

    /** A client arrives that has to say what it asks for; its socket. */
    SimulatedSocket awaitHello() {
        Visit visit = visit(CLIENT);
        assertThat(visit.enter()).isTrue();
        Reception reception = new Reception(lane, visit);
        SimulatedSocket client = new SimulatedSocket(reception);
        reception.awaitHello(client);
        return client;
    }

    /** The way of a client that nobody speaks for. */
    ClientRoute directRoute() {
        return new ClientRoute(CLIENT, listener.endpoint());
    }

    /** Ends everything that is there. */
    void abortAll() {
        List<Flow> flows = new ArrayList<>();
        lane.wheel.forEach(entry -> flows.add((Flow) entry));
        flows.forEach(Flow::abort);
    }

    /** Adds a backend to the service, as a reload does. */
    LiveBackend addBackend() {
        ProxyService present = service.settings();
        ServiceConfig config = present.config();
        return service.configure(new ProxyService(
                        new ServiceConfig(
                                config.name(),
                                config.listeners(),
                                config.selection(),
                                config.drainTimeout(),
                                config.timeouts(),
                                backends(config.backends().size() + 1, 0)),
                        present.health(),
                        present.traffic()))
                .getLast();
    }

    /** Judges the backends of the service so from now on. */
    void health(ServiceHealthConfig health) {
        ProxyService present = service.settings();
        service.configure(new ProxyService(present.config(), health, present.traffic()));
    }

    /** Handles the traffic of the service so from now on. */
    void traffic(TrafficConfig traffic) {
        ProxyService present = service.settings();
        service.configure(new ProxyService(present.config(), present.health(), traffic));
    }

    /** The socket of the latest attempt to reach a backend. */
    SimulatedSocket server() {
        return connects.getLast();
    }

    List<SimulatedSocket> servers() {
        return connects;
    }

    /** Names of the backends in the order of the attempts. */
    List<String> attempts() {
        return connectedTo;
    }

    /** Lets time pass, tick by tick. */
    void pass(Duration duration) {
        MonotonicInstant end = now.plus(duration);
        MonotonicInstant next = now.plusNanos(TimerWheel.TICK_NANOS);
        while (next.isBefore(end)) {
            now = next;
            lane.tick();
            runDueTasks();
            next = now.plusNanos(TimerWheel.TICK_NANOS);
        }
        now = end;
        lane.tick();
        runDueTasks();
    }

    MonotonicInstant now() {
        return now;
    }

    LiveService service() {
        return service;
    }

    ServiceSnapshot snapshot() {
        return service.snapshot();
    }

    long refused(RefusalReason reason) {
        return snapshot().refused().getOrDefault(reason, 0L);
    }

    Lane lane() {
        return lane;
    }

    /** What connections left when they ended. */
    List<ConnectionRecord> records() {
        return records;
    }

    List<ProxyEvent> events() {
        return events;
    }
}
