// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.BackendKey;
import io.mainstay.forward.BackendView;
import io.mainstay.forward.OffloadedFlows;
import io.mainstay.forward.RefusalReason;
import io.mainstay.health.probe.Prober;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The engine on epoll event loops: one for each worker, and one for control, which runs the checks, the deadlines of drains
 * and the consumer of events, so that a busy worker delays none of these.
 */
final class NettyProxyEngine implements ProxyEngine, Surroundings {

    /**
     * Memory for octets that slow peers have not taken, of all workers: beyond it octets wait in the socket from which they
     * come. It must stay below what the virtual machine grants outside the heap, because running into that limit halts a
     * worker for half a second at each attempt.
     */
    private static final int MAX_STALL_MEMORY = 128 * 1024 * 1024;

    private static final int REFUSALS_EVERY_SECONDS = 10;

    private final ProxySettings settings;
    private final MultiThreadIoEventLoopGroup workerLoops;
    private final MultiThreadIoEventLoopGroup controlLoop;
    private final IoEventLoop control;
    private final List<Worker> workers = new ArrayList<>();
    private final RandomGenerator random = RandomGenerator.getDefault();

    /** Of the control thread alone. */
    private final Map<LiveBackend, BackendCheck> checks = new LinkedHashMap<>();

    private final Load load;
    private final ListenerSet listeners;
    private final Prober prober;
    private final LinkWatch links;
    private final EventOutlet events;
    private final CompletableFuture<String> failure = new CompletableFuture<>();

    /** By name, in the order of the configuration, then those that are not in it any more and are being emptied. */
    private volatile Map<String, LiveService> services = Map.of();

    private volatile boolean closing;

    NettyProxyEngine(ProxySettings settings, Consumer<ProxyEvent> consumer) {
        this(
                settings,
                consumer,
                new Budget(MAX_STALL_MEMORY / BlockPool.BLOCK_SIZE),
                PipePool.budget(settings.mostConnections()));
    }

    /**
     * @param stalls for the octets that slow peers have not taken
     * @param pipes for large transfers
     */
    NettyProxyEngine(ProxySettings settings, Consumer<ProxyEvent> consumer, Budget stalls, Budget pipes) {
        this.settings = settings;
        workerLoops = loops(settings.workers(), "mainstay-relay", settings.onWorkerStart());
        controlLoop = loops(1, "mainstay-health", () -> {});
        control = controlLoop.next();
        watch(workerLoops, "relay");
        watch(controlLoop, "health");
        events = new EventOutlet(control, consumer);
        prober = new Prober(control, settings.commands(), random);
        links = new LinkWatch(settings.clock());
        load = new Load(settings.mostConnections());
        ClientPorts clientPorts = new ClientPorts();
        for (int i = 0; i < settings.workers(); i++) {
            workers.add(new Worker(
                    workerLoops.next(), i, settings.clock(), new BlockPool(stalls), pipes, load, clientPorts));
        }
        listeners = new ListenerSet(settings, workers, events);
    }

    private static MultiThreadIoEventLoopGroup loops(int count, String name, Runnable onStart) {
        ThreadFactory daemons = new DefaultThreadFactory(name, true);
        ThreadFactory threads = loop -> daemons.newThread(() -> {
            onStart.run();
            loop.run();
        });
        return new MultiThreadIoEventLoopGroup(count, threads, EpollIoHandler.newFactory());
    }

    private void watch(MultiThreadIoEventLoopGroup loops, String name) {
        for (EventExecutor loop : loops) {
            loop.terminationFuture().addListener(ended -> {
                if (!closing) {
                    failure.complete("a " + name + " thread has ended");
                }
            });
        }
    }

    /** Serves these services from now on. */
    void start(List<ProxyService> wanted) throws ProxyStartException {
        Rehearsal.run(workers.getFirst(), settings);
        configure(wanted);
        // Ends with the loop.
        var unused = control.scheduleWithFixedDelay(
                this::tellRefusals, REFUSALS_EVERY_SECONDS, REFUSALS_EVERY_SECONDS, TimeUnit.SECONDS);
    }

    /** Puts refusals into the journal, a line for each reason and not for each client. */
    void tellRefusals() {
        services.values().forEach(service -> service.door().tellRefusals());
    }

    @Override
    public synchronized void configure(List<ProxyService> wanted) throws ProxyStartException {
        ListenerSet.Bound bound = listeners.bind(wanted);
        // Nothing fails from here on.
        Map<String, LiveService> all = new LinkedHashMap<>();
        wanted.forEach(service -> all.put(service.config().name(), live(service)));
        List<LiveService> serving = List.copyOf(all.values());
        List<LiveService> leaving = services.values().stream()
                .filter(service -> all.putIfAbsent(service.name(), service) == null)
                .toList();
        services = all;
        listeners.commit(serving, bound);
        leaving.forEach(LiveService::remove);
        removeWhatIsGone();
    }

    /** The service as it is wanted: the one that is there, changed if need be, or a new one. */
    private LiveService live(ProxyService wanted) {
        LiveService present = find(wanted.config().name());
        if (present != null) {
            if (!present.isAs(wanted)) {
                boolean checkedOtherwise = BackendCheck.differ(present.settings(), wanted);
                List<LiveBackend> arrived = present.configure(wanted);
                check(present, checkedOtherwise ? present.staying() : arrived, checkedOtherwise);
            }
            return present;
        }
        LiveService arrived = new LiveService(wanted, settings, events, this);
        check(arrived, arrived.backends(), false);
        return arrived;
    }

    /** Starts the checks of backends, as far as they do not run already. */
    private void check(LiveService service, List<LiveBackend> backends, boolean anew) {
        events.after(() -> {
            List<LiveBackend> staying = service.staying();
            for (LiveBackend backend : backends) {
                if (anew) {
                    dropCheckOf(backend);
                }
                if (!staying.contains(backend)) {
                    continue;
                }
                BackendCheck check = checks.computeIfAbsent(
                        backend, fresh -> new BackendCheck(service, fresh, prober, links, control, random));
                if (service.isToBeChecked(backend)) {
                    check.start();
                }
            }
        });
    }

    private void dropCheckOf(LiveBackend backend) {
        BackendCheck check = checks.remove(backend);
        if (check != null) {
            check.stop();
        }
    }

    @Override
    public void retirementBegun(LiveService service, LiveBackend backend, Drain drain) {
        events.after(() -> {
            dropCheckOf(backend);
            attend(service, backend, drain);
        });
        // The drain may be over already, and this runs under the lock of the service: whoever changes the engine takes
        // its lock first, and that of a service second.
        var unused = drain.result()
                .thenRun(() -> events.after(() -> {
                    service.forget(backend, drain);
                    if (service.isGone()) {
                        removeWhatIsGone();
                    }
                }));
    }

    private synchronized void removeWhatIsGone() {
        Map<String, LiveService> left = new LinkedHashMap<>(services);
        if (left.values().removeIf(LiveService::isGone)) {
            services = left;
        }
    }

    private void withCheckOf(LiveBackend backend, Consumer<BackendCheck> action) {
        events.after(() -> Optional.ofNullable(checks.get(backend)).ifPresent(action));
    }

    @Override
    public @Nullable LiveService find(String service) {
        return services.get(service);
    }

    LiveService service(String name) {
        LiveService found = find(name);
        if (found != null) {
            return found;
        }
        String known = String.join(", ", services.keySet());
        throw new IllegalArgumentException("service: " + name + " (expected: one of " + known + ")");
    }

    @Override
    public void openGate(Set<IpAddress> addresses) {
        listeners.moveGates(addresses, true);
    }

    @Override
    public CompletableFuture<Integer> closeGate(Set<IpAddress> addresses) {
        // The gates go first: what a worker accepts after it was told to abort finds them closed.
        listeners.moveGates(addresses, false);
        return sum(worker -> worker.abort(flow -> Worker.isOn(flow, addresses)));
    }

    @Override
    public CompletableFuture<Integer> keepConnections(Set<IpAddress> addresses) {
        listeners.closeGatesToDatagrams(addresses);
        return sum(worker -> worker.abort(flow -> !flow.isConnection() && Worker.isOn(flow, addresses)));
    }

    @Override
    public CompletableFuture<Integer> countConnections(Set<IpAddress> addresses) {
        return sum(worker -> worker.count(flow -> flow.isConnection() && Worker.isOn(flow, addresses)));
    }

    private CompletableFuture<Integer> sum(Function<Worker, CompletableFuture<Integer>> ofEach) {
        CompletableFuture<Integer> sum = CompletableFuture.completedFuture(0);
        for (Worker worker : workers) {
            sum = sum.thenCombine(ofEach.apply(worker), Integer::sum);
        }
        return sum;
    }

    @Override
    public CompletableFuture<DrainOutcome> drain(String serviceName, String backendName, Duration timeout) {
        LiveService service = service(serviceName);
        LiveBackend backend = service.backend(backendName);
        Drain drain = service.drain(backend, timeout);
        withCheckOf(backend, BackendCheck::start);
        events.after(() -> attend(service, backend, drain));
        return drain.result().copy();
    }

    @Override
    public CompletableFuture<List<DrainOutcome>> drain(String serviceName, Duration timeout) {
        LiveService service = service(serviceName);
        CompletableFuture<List<DrainOutcome>> all = CompletableFuture.completedFuture(List.of());
        for (Map.Entry<LiveBackend, Drain> begun : service.drain(timeout).entrySet()) {
            startIfWanted(service, begun.getKey());
            events.after(() -> attend(service, begun.getKey(), begun.getValue()));
            all = all.thenCombine(begun.getValue().result(), NettyProxyEngine::with);
        }
        return all;
    }

    private static List<DrainOutcome> with(List<DrainOutcome> outcomes, DrainOutcome one) {
        List<DrainOutcome> more = new ArrayList<>(outcomes);
        more.add(one);
        return List.copyOf(more);
    }

    private void startIfWanted(LiveService service, LiveBackend backend) {
        if (service.isToBeChecked(backend)) {
            withCheckOf(backend, BackendCheck::start);
        }
    }

    private void attend(LiveService service, LiveBackend backend, Drain drain) {
        waitForDeadline(service, backend, drain);
        // One that is asked for again, with another deadline, is the same drain.
        if (drain.beginWatch()) {
            new DrainWatch(workers, service, backend, drain, this).run();
        }
    }

    private void waitForDeadline(LiveService service, LiveBackend backend, Drain drain) {
        if (drain.isOver()) {
            return;
        }
        Duration remaining = drain.plan().remaining(settings.clock().now());
        if (remaining.isZero()) {
            // First, so that whoever comes later than the workers look is not on this backend.
            service.closeDrain(backend, drain);
            for (Worker worker : workers) {
                worker.execute(new DrainEnd(worker, backend, drain, settings.clock()));
            }
        } else {
            Future<?> deadline = control.schedule(
                    () -> waitForDeadline(service, backend, drain), remaining.toNanos(), TimeUnit.NANOSECONDS);
            // Otherwise the backend would be kept until a deadline that may be hours away.
            var unused = drain.result().thenRun(() -> deadline.cancel(false));
        }
    }

    @Override
    public void ready(String serviceName, String backendName) {
        LiveService service = service(serviceName);
        LiveBackend backend = service.backend(backendName);
        service.ready(backend);
        startIfWanted(service, backend);
    }

    @Override
    public void ready(String serviceName) {
        LiveService service = service(serviceName);
        service.ready();
        service.backends().forEach(backend -> startIfWanted(service, backend));
    }

    @Override
    public void maintenance(String serviceName, String backendName) {
        LiveService service = service(serviceName);
        LiveBackend backend = service.backend(backendName);
        service.maintenance(backend);
        withCheckOf(backend, BackendCheck::stop);
    }

    @Override
    public void maintenance(String serviceName) {
        LiveService service = service(serviceName);
        service.maintenance();
        service.backends().forEach(backend -> withCheckOf(backend, BackendCheck::stop));
    }

    @Override
    public CompletableFuture<List<CheckRun>> check(String serviceName, String backendName) {
        LiveService service = service(serviceName);
        LiveBackend backend = service.backend(backendName);
        CompletableFuture<List<CheckRun>> result = new CompletableFuture<>();
        withCheckOf(backend, check -> check.lookOnce(new LookOnce(result)));
        return result.copy();
    }

    @Override
    public PersistenceSnapshot persistence(String serviceName, int most) {
        return service(serviceName).persistence(most);
    }

    @Override
    public int clearPersistence(String serviceName, Optional<String> backend, Optional<IpAddress> client) {
        LiveService service = service(serviceName);
        Optional<LiveBackend> only = backend.map(service::backend);
        return service.clearPersistence(only, client);
    }

    @Override
    public void linksDown(Set<InterfaceName> down) {
        events.after(() -> {
            if (links.update(down)) {
                checks.values().forEach(BackendCheck::hurry);
            }
        });
    }

    @Override
    public void resetConnections(LiveBackend backend) {
        for (Worker worker : workers) {
            var unused = worker.abort(flow -> flow.backend() == backend);
        }
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // Nobody waits for it; what it throws is logged by the loop.
    public void runAfter(Duration delay, Runnable task) {
        try {
            control.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException closed) {
            // The engine has been closed; there is no later.
        }
    }

    @Override
    public ProxySnapshot snapshot() {
        return new ProxySnapshot(
                services.values().stream().map(LiveService::snapshot).toList(),
                load.live(),
                settings.mostConnections());
    }

    @Override
    public List<BackendView> backends() {
        return services.values().stream()
                .flatMap(service -> service.views().stream())
                .toList();
    }

    @Override
    public void report(BackendKey backend, OffloadedFlows flows) {
        takeOffloaded(backend, flows);
    }

    @Override
    public void release(BackendKey backend) {
        takeOffloaded(backend, null);
    }

    @Override
    public void refused(String name, RefusalReason reason, long count) {
        LiveService service = find(name);
        if (service != null) {
            service.door().countRefused(reason, count);
        }
    }

    @Override
    public void forwardedElsewhere(Set<String> names) {
        services.values().forEach(service -> service.setForwardedElsewhere(names.contains(service.name())));
    }

    private void takeOffloaded(BackendKey backend, @Nullable OffloadedFlows flows) {
        LiveService service = find(backend.service());
        if (service != null) {
            service.onOffloaded(backend, flows);
        }
    }

    @Override
    public CompletableFuture<String> failure() {
        return failure.copy();
    }

    @Override
    public void close() {
        closing = true;
        List<CompletableFuture<Void>> workersClosing = new ArrayList<>();
        listeners.closeGates();
        for (Worker worker : workers) {
            workersClosing.add(worker.close());
        }
        workersClosing.forEach(CompletableFuture::join);
        services.values().forEach(LiveService::cancelDrains);
        try {
            control.submit(() -> checks.values().forEach(BackendCheck::stop)).syncUninterruptibly();
        } catch (RejectedExecutionException closedAlready) {
            // A second call has nothing left to stop.
        }
        shutDown(workerLoops);
        shutDown(controlLoop);
    }

    private static void shutDown(MultiThreadIoEventLoopGroup loops) {
        loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    }

    List<Worker> workers() {
        return workers;
    }
}
