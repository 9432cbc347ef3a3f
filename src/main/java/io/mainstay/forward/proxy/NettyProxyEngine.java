// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.ListenerConfig;
import io.mainstay.health.probe.Prober;
import io.mainstay.health.probe.SocketErrors;
import io.mainstay.net.Endpoint;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Transport;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/**
 * The engine on epoll event loops: one for each worker, and one for control, which runs the checks, the deadlines of drains
 * and the consumer of events, so that a busy worker delays none of these.
 */
final class NettyProxyEngine implements ProxyEngine, Surroundings {

    /**
     * Memory for octets that slow peers have not taken, of all workers. It must stay below what the virtual machine grants
     * outside the heap, because running into that limit halts a worker for half a second at each attempt.
     */
    private static final int MAX_STALL_MEMORY = 128 * 1024 * 1024;

    private final ProxySettings settings;
    private final MultiThreadIoEventLoopGroup workerLoops;
    private final MultiThreadIoEventLoopGroup controlLoop;
    private final IoEventLoop control;
    private final List<Worker> workers = new ArrayList<>();
    private final List<LiveService> services = new ArrayList<>();
    private final List<BackendCheck> checks = new ArrayList<>();
    private final Prober prober;
    private final LinkWatch links;
    private final RandomGenerator random = RandomGenerator.getDefault();
    private final EventOutlet events;
    private final CompletableFuture<String> failure = new CompletableFuture<>();
    private volatile boolean closing;

    NettyProxyEngine(ProxySettings settings, List<ProxyService> wanted, Consumer<ProxyEvent> consumer) {
        this.settings = settings;
        workerLoops = loops(settings.workers(), "mainstay-relay");
        controlLoop = loops(1, "mainstay-health");
        control = controlLoop.next();
        watch(workerLoops, "relay");
        watch(controlLoop, "health");
        events = new EventOutlet(control, consumer);
        prober = new Prober(control, settings.commands(), random);
        links = new LinkWatch(settings.clock());
        for (int i = 0; i < settings.workers(); i++) {
            BlockPool blocks = new BlockPool(MAX_STALL_MEMORY / BlockPool.BLOCK_SIZE / settings.workers());
            workers.add(new Worker(workerLoops.next(), i, settings.clock(), blocks));
        }
        for (ProxyService service : wanted) {
            services.add(new LiveService(service, settings, events, this));
        }
    }

    private static MultiThreadIoEventLoopGroup loops(int threads, String name) {
        return new MultiThreadIoEventLoopGroup(
                threads, new DefaultThreadFactory(name, true), EpollIoHandler.newFactory());
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

    /** Binds all, then starts to listen and to check; so nothing is served by half an engine. */
    void start() throws ProxyStartException {
        List<Runnable> startListening = new ArrayList<>();
        List<TcpSocket> bound = new ArrayList<>();
        try {
            for (LiveService service : services) {
                for (LiveListener listener : service.listeners()) {
                    requireSupported(service, listener.config());
                    bind(service, listener, bound, startListening);
                }
            }
        } catch (ProxyStartException failure) {
            bound.forEach(TcpSocket::closeQuietly);
            throw failure;
        }
        Rehearsal.run(workers.getFirst(), settings);
        startListening.forEach(Runnable::run);
        control.execute(this::startChecks);
    }

    private static void requireSupported(LiveService service, ListenerConfig listener) throws ProxyStartException {
        if (listener.transport() != Transport.TCP) {
            throw new ProxyStartException("service " + service.name() + ": listen " + listener.endpoint()
                    + "/udp (expected: tcp, the proxy engine forwards nothing else)");
        }
    }

    private void bind(LiveService service, LiveListener listener, List<TcpSocket> bound, List<Runnable> startListening)
            throws ProxyStartException {
        Endpoint endpoint = listener.config().endpoint();
        try {
            InetSocketAddress address = SocketAddresses.of(endpoint);
            ListenerSocket.requireUnused(address);
            for (Worker worker : workers) {
                TcpSocket socket = ListenerSocket.bind(address, settings.backlog());
                bound.add(socket);
                ListenerSocket listening = new ListenerSocket(worker, service, listener, socket, events);
                startListening.add(() -> worker.execute(() -> worker.listen(listening)));
            }
        } catch (IOException refused) {
            throw new ProxyStartException(
                    "service " + service.name() + ": listen " + endpoint + "/tcp: " + SocketErrors.reason(refused),
                    refused);
        }
    }

    private void startChecks() {
        for (LiveService service : services) {
            for (LiveBackend backend : service.backends()) {
                BackendCheck check = new BackendCheck(service, backend, prober, links, control, random);
                checks.add(check);
                check.start();
            }
        }
    }

    private void withCheckOf(LiveBackend backend, Consumer<BackendCheck> action) {
        events.after(() ->
                checks.stream().filter(check -> check.backend() == backend).forEach(action));
    }

    private LiveService service(String name) {
        for (LiveService service : services) {
            if (service.name().equals(name)) {
                return service;
            }
        }
        String known = services.stream().map(LiveService::name).collect(Collectors.joining(", "));
        throw new IllegalArgumentException("service: " + name + " (expected: one of " + known + ")");
    }

    private Set<LiveListener> moveGates(Set<IpAddress> addresses, boolean open) {
        Set<LiveListener> moved = new HashSet<>();
        for (LiveService service : services) {
            for (LiveListener listener : service.listeners()) {
                if (listener.isVirtual() && addresses.contains(listener.address())) {
                    listener.setOpen(open);
                    moved.add(listener);
                }
            }
        }
        return moved;
    }

    @Override
    public void openGate(Set<IpAddress> addresses) {
        moveGates(addresses, true);
    }

    @Override
    public CompletableFuture<Integer> closeGate(Set<IpAddress> addresses) {
        // The gates go first: what a worker accepts after it was told to abort finds them closed.
        Set<LiveListener> closed = moveGates(addresses, false);
        CompletableFuture<Integer> sum = CompletableFuture.completedFuture(0);
        for (Worker worker : workers) {
            sum = sum.thenCombine(worker.abortOn(closed), Integer::sum);
        }
        return sum;
    }

    @Override
    public CompletableFuture<DrainOutcome> drain(String serviceName, String backendName, Duration timeout) {
        LiveService service = service(serviceName);
        LiveBackend backend = service.backend(backendName);
        Drain drain = service.drain(backend, timeout);
        withCheckOf(backend, BackendCheck::start);
        events.after(() -> waitForDeadline(backend, drain));
        return drain.result().copy();
    }

    @SuppressWarnings("FutureReturnValueIgnored") // A drain that is over is told by its own result.
    private void waitForDeadline(LiveBackend backend, Drain drain) {
        if (drain.isOver()) {
            return;
        }
        Duration remaining = drain.plan().remaining(settings.clock().now());
        if (remaining.isZero()) {
            for (Worker worker : workers) {
                worker.execute(new DrainEnd(worker, backend, drain, settings.clock()));
            }
        } else {
            control.schedule(() -> waitForDeadline(backend, drain), remaining.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    @Override
    public void ready(String serviceName, String backendName) {
        LiveService service = service(serviceName);
        LiveBackend backend = service.backend(backendName);
        service.ready(backend);
        withCheckOf(backend, BackendCheck::start);
    }

    @Override
    public void maintenance(String serviceName, String backendName) {
        LiveService service = service(serviceName);
        LiveBackend backend = service.backend(backendName);
        service.maintenance(backend);
        withCheckOf(backend, BackendCheck::stop);
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
    public void linksDown(Set<InterfaceName> down) {
        events.after(() -> {
            if (links.update(down)) {
                checks.forEach(BackendCheck::hurry);
            }
        });
    }

    @Override
    public void resetConnections(LiveBackend backend) {
        for (Worker worker : workers) {
            var unused = worker.abort(relay -> relay.backend() == backend);
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
        return new ProxySnapshot(services.stream().map(LiveService::snapshot).toList());
    }

    @Override
    public CompletableFuture<String> failure() {
        return failure.copy();
    }

    @Override
    public void close() {
        closing = true;
        List<CompletableFuture<Void>> workersClosing = new ArrayList<>();
        for (LiveService service : services) {
            service.listeners().forEach(listener -> listener.setOpen(false));
        }
        for (Worker worker : workers) {
            workersClosing.add(worker.close());
        }
        workersClosing.forEach(CompletableFuture::join);
        services.forEach(LiveService::cancelDrains);
        try {
            control.submit(() -> checks.forEach(BackendCheck::stop)).syncUninterruptibly();
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
