// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.RefusalReason;
import io.mainstay.health.probe.SocketErrors;
import io.mainstay.net.Endpoint;
import io.mainstay.net.IpAddress;
import io.mainstay.time.MonotonicClock;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandle;
import io.netty.channel.IoRegistration;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One event loop with everything on it: its own listening sockets, the connections taken from them, and their connections
 * to backends. No connection ever changes the thread. Methods belong to the loop's thread unless they say otherwise.
 */
final class Worker {

    private final IoEventLoop loop;
    private final Lane lane;
    private final List<ArrivalSocket> arrivals = new ArrayList<>();
    private final Deque<Runnable> closing = new ArrayDeque<>();
    private final Runnable tick = this::tick;
    private final Runnable releaseClosed = this::releaseClosed;
    private @Nullable DatagramArea datagrams;
    private final StreamCalls streamCalls = new StreamCalls();
    private final PipeCalls pipeCalls = new PipeCalls();
    private final ClientPorts clientPorts;
    private boolean ticking;

    /**
     * @param pipes for those of all workers
     * @param clientPorts shared by all workers
     */
    Worker(
            IoEventLoop loop,
            int index,
            MonotonicClock clock,
            BlockPool blocks,
            Budget pipes,
            Load load,
            ClientPorts clientPorts) {
        this.loop = loop;
        this.clientPorts = clientPorts;
        lane = new Lane(
                index,
                clock,
                blocks,
                new PipePool(pipeCalls, pipes),
                this::connect,
                this::startTicking,
                this::execute,
                load);
    }

    Lane lane() {
        return lane;
    }

    StreamCalls streamCalls() {
        return streamCalls;
    }

    PipeCalls pipeCalls() {
        return pipeCalls;
    }

    /** From whose ports sessions speak. */
    ClientPorts clientPorts() {
        return clientPorts;
    }

    /** The memory for datagrams. */
    DatagramArea datagrams() {
        DatagramArea present = datagrams;
        if (present == null) {
            present = new DatagramArea(this);
            datagrams = present;
        }
        return present;
    }

    /** Runs a task on the worker; any thread. Whether the worker is still there to do so. */
    boolean execute(Runnable task) {
        try {
            loop.execute(task);
            return true;
        } catch (RejectedExecutionException closed) {
            return false;
        }
    }

    /** Runs a task on the worker after a while. */
    @SuppressWarnings("FutureReturnValueIgnored") // Nobody waits for it; what it throws is logged by the loop.
    void executeAfter(Runnable task, long delayNanos) {
        loop.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
    }

    /** Puts a socket on the loop. */
    IoRegistration register(IoHandle handle) {
        // On the thread of the loop the registration is done when the call returns.
        return loop.register(handle).syncUninterruptibly().getNow();
    }

    /** Takes clients from a socket from now on. */
    void listen(ArrivalSocket socket) {
        arrivals.add(socket);
        socket.start();
    }

    /** Serves the clients that wait on a socket, and closes it. */
    void stopListening(ArrivalSocket socket) {
        arrivals.remove(socket);
        socket.takeRestAndClose();
    }

    /** Takes over a connection that was accepted. */
    void receive(LiveListener listener, TcpSocket accepted, Endpoint peer) {
        if (!lane.load().enter()) {
            listener.service().door().countRefused(RefusalReason.NODE_FULL);
            accepted.reset();
            return;
        }
        Visit visit = new Visit(lane, listener, peer, arrivedAt(listener, accepted));
        if (visit.service().opening().beginsWithHeader(peer.address())) {
            Reception reception = new Reception(lane, visit);
            EpollStreamSocket socket = register(accepted, reception, visit);
            if (socket == null) {
                visit.leaveRefused(Stage.OPENING);
            } else {
                reception.awaitHeader(socket);
            }
        } else if (!visit.enter()) {
            visit.leaveRefused(Stage.OPENING);
            accepted.reset();
        } else if (visit.service().opening().routes()) {
            Reception reception = new Reception(lane, visit);
            EpollStreamSocket socket = register(accepted, reception, visit);
            if (socket == null) {
                visit.leaveRefused(Stage.OPENING);
            } else {
                reception.awaitHello(socket);
            }
        } else {
            serve(visit, accepted);
        }
    }

    /** Relays for a client that is in, now or as soon as a backend has room for it. */
    private void serve(Visit visit, TcpSocket accepted) {
        LiveBackend backend = visit.takeBackend();
        if (backend != null) {
            Relay relay = new Relay(lane, visit, backend);
            EpollStreamSocket socket = register(accepted, relay.client(), visit);
            if (socket == null) {
                relay.abort();
            } else {
                relay.client().attach(socket);
                relay.start();
            }
        } else if (visit.mayWait()) {
            Reception reception = new Reception(lane, visit);
            EpollStreamSocket socket = register(accepted, reception, visit);
            if (socket == null) {
                visit.leaveRefused(Stage.QUEUE);
            } else {
                reception.awaitBackend(socket);
            }
        } else {
            visit.refuse(visit.service().reasonForNone());
            visit.leaveRefused(Stage.OPENING);
            accepted.reset();
        }
    }

    private static Endpoint arrivedAt(LiveListener listener, TcpSocket accepted) {
        Endpoint endpoint = listener.endpoint();
        return endpoint.address().isUnspecified() ? SocketAddresses.endpoint(accepted.localAddress()) : endpoint;
    }

    /** Puts the connection of a client on the loop; null if the node lacks the means, and then it is reset. */
    private @Nullable EpollStreamSocket register(TcpSocket accepted, StreamSocket.Listener listener, Visit visit) {
        try {
            return new EpollStreamSocket(this, accepted, listener, EpollStreamSocket.READING);
        } catch (UncheckedIOException shortage) {
            visit.refuse(RefusalReason.NO_RESOURCES);
            accepted.reset();
            return null;
        }
    }

    private StreamSocket connect(LiveBackend backend, Visit visit, StreamSocket.Listener listener) throws IOException {
        TcpSocket socket;
        try {
            socket = TcpSocket.open(backend.isIpv6());
        } catch (IOException shortage) {
            throw new SocketShortageException(shortage);
        }
        try {
            visit.service().tcpOptions().applyToConnecting(socket, visit.client());
            socket.confirmWithFirstOctets();
            socket.connect(backend.address(visit.listener().portOffset()));
            return new EpollStreamSocket(this, socket, listener, EpollStreamSocket.READING_AND_WRITING);
        } catch (ClientAddressException unusable) {
            socket.closeQuietly();
            throw unusable;
        } catch (IOException refused) {
            socket.closeQuietly();
            if (SocketErrors.isWantOfPorts(refused)) {
                throw new PortShortageException(refused);
            }
            throw SocketErrors.isShortage(refused) ? new SocketShortageException(refused) : refused;
        } catch (UncheckedIOException shortage) {
            socket.closeQuietly();
            throw new SocketShortageException(shortage);
        }
    }

    /**
     * Closes a socket, as the task does it, once the events that the kernel has told in this round are served. Until then its
     * descriptor cannot be given to a new socket, which would get the events of the old one.
     */
    void closeAfterEvents(Runnable socket) {
        if (closing.isEmpty()) {
            loop.execute(releaseClosed);
        }
        closing.addLast(socket);
    }

    private void releaseClosed() {
        for (Runnable socket = closing.pollFirst(); socket != null; socket = closing.pollFirst()) {
            socket.run();
        }
    }

    private void startTicking() {
        if (!ticking) {
            ticking = true;
            executeAfter(tick, TimerWheel.TICK_NANOS);
        }
    }

    private void tick() {
        if (lane.tick() && !loop.isShuttingDown()) {
            executeAfter(tick, TimerWheel.TICK_NANOS);
        } else {
            ticking = false;
        }
    }

    /**
     * Resets connections; any thread.
     *
     * @return how many, when their resets have been handed to the kernel
     */
    CompletableFuture<Integer> abort(Predicate<Flow> which) {
        CompletableFuture<Integer> done = new CompletableFuture<>();
        boolean accepted = execute(() -> {
            List<Flow> chosen = flows(which);
            chosen.forEach(Flow::abort);
            // Behind the release of their sockets.
            execute(() -> done.complete(chosen.size()));
        });
        if (!accepted) {
            done.complete(0);
        }
        return done;
    }

    /** Whether a client came on one of these virtual addresses. */
    static boolean isOn(Flow flow, Set<IpAddress> addresses) {
        return flow.listener().isVirtual() && addresses.contains(flow.listener().address());
    }

    /** How many connections and sessions there are of a kind; any thread. */
    CompletableFuture<Integer> count(Predicate<Flow> which) {
        CompletableFuture<Integer> done = new CompletableFuture<>();
        boolean accepted = execute(() -> {
            int[] count = {0};
            lane.wheel.forEach(entry -> {
                if (entry instanceof Flow flow && which.test(flow)) {
                    count[0]++;
                }
            });
            done.complete(count[0]);
        });
        if (!accepted) {
            done.complete(0);
        }
        return done;
    }

    /** The age of the oldest connection or session of a backend in ns; {@link Drain#NO_CONNECTION} if it has none. */
    long oldest(LiveBackend backend) {
        long now = lane.now().nanos();
        long[] oldest = {Drain.NO_CONNECTION};
        lane.wheel.forEach(entry -> {
            if (entry instanceof Flow flow && flow.backend() == backend) {
                oldest[0] = Math.max(oldest[0], now - flow.startedNanos());
            }
        });
        return oldest[0];
    }

    /** The connections and sessions that are live, in no order. */
    List<Flow> flows(Predicate<Flow> which) {
        List<Flow> chosen = new ArrayList<>();
        lane.wheel.forEach(entry -> {
            if (entry instanceof Flow flow && which.test(flow)) {
                chosen.add(flow);
            }
        });
        return chosen;
    }

    /** Stops listening, resets what is live, and frees the memory; any thread. */
    CompletableFuture<Void> close() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        boolean accepted = execute(() -> {
            arrivals.forEach(ArrivalSocket::close);
            flows(flow -> true).forEach(Flow::abort);
            execute(() -> {
                lane.blocks.close();
                lane.pipes.close();
                if (datagrams != null) {
                    datagrams.close();
                }
                done.complete(null);
            });
        });
        if (!accepted) {
            done.complete(null);
        }
        return done;
    }
}
