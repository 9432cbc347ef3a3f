// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

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

/**
 * One event loop with everything on it: its own listening sockets, the connections taken from them, and their connections
 * to backends. No connection ever changes the thread. Methods belong to the loop's thread unless they say otherwise.
 */
final class Worker {

    private final IoEventLoop loop;
    private final Lane lane;
    private final List<ListenerSocket> listenerSockets = new ArrayList<>();
    private final Deque<EpollStreamSocket> closing = new ArrayDeque<>();
    private final Runnable tick = this::tick;
    private final Runnable releaseClosed = this::releaseClosed;
    private boolean ticking;

    Worker(IoEventLoop loop, int index, MonotonicClock clock, BlockPool blocks) {
        this.loop = loop;
        lane = new Lane(index, clock, blocks, this::connect, this::startTicking);
    }

    Lane lane() {
        return lane;
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

    /** Takes connections from a listening socket from now on. */
    void listen(ListenerSocket socket) {
        listenerSockets.add(socket);
        socket.start();
    }

    /** Serves the connections that wait on a listening socket, and closes it. */
    void stopListening(ListenerSocket socket) {
        listenerSockets.remove(socket);
        socket.takeRestAndClose();
    }

    /** Takes over a connection of a client that was accepted. */
    void relay(LiveService service, LiveListener listener, TcpSocket accepted, Endpoint client) {
        LiveBackend backend = service.take(client);
        if (backend == null) {
            service.countRefused(service.reasonForNone());
            accepted.reset();
            return;
        }
        Relay relay = new Relay(lane, service, listener, client, backend);
        EpollStreamSocket socket;
        try {
            socket = new EpollStreamSocket(this, accepted, relay.client(), EpollStreamSocket.READING);
        } catch (UncheckedIOException shortage) {
            service.countRefused(RefusalReason.NO_RESOURCES);
            service.giveBack(backend, client);
            accepted.reset();
            return;
        }
        relay.client().attach(socket);
        relay.start();
    }

    private StreamSocket connect(LiveBackend backend, StreamSocket.Listener listener) throws IOException {
        TcpSocket socket;
        try {
            socket = TcpSocket.open(backend.isIpv6());
        } catch (IOException shortage) {
            throw new SocketShortageException(shortage);
        }
        try {
            socket.setTcpNoDelay(true);
            socket.connect(backend.address());
            return new EpollStreamSocket(this, socket, listener, EpollStreamSocket.READING_AND_WRITING);
        } catch (IOException refused) {
            socket.closeQuietly();
            throw refused;
        } catch (UncheckedIOException shortage) {
            socket.closeQuietly();
            throw new SocketShortageException(shortage);
        }
    }

    /**
     * Closes a socket once the events that the kernel has told in this round are served. Until then its descriptor cannot
     * be given to a new socket, which would get the events of the old one.
     */
    void closeAfterEvents(EpollStreamSocket socket) {
        if (closing.isEmpty()) {
            loop.execute(releaseClosed);
        }
        closing.addLast(socket);
    }

    private void releaseClosed() {
        for (EpollStreamSocket socket = closing.pollFirst(); socket != null; socket = closing.pollFirst()) {
            socket.release();
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
    CompletableFuture<Integer> abort(Predicate<Relay> which) {
        CompletableFuture<Integer> done = new CompletableFuture<>();
        boolean accepted = execute(() -> {
            List<Relay> chosen = relays(which);
            chosen.forEach(Relay::abort);
            // Behind the release of their sockets.
            execute(() -> done.complete(chosen.size()));
        });
        if (!accepted) {
            done.complete(0);
        }
        return done;
    }

    /** Resets the connections of clients on these virtual addresses; any thread. */
    CompletableFuture<Integer> abortOn(Set<IpAddress> addresses) {
        return abort(relay -> relay.listener().isVirtual()
                && addresses.contains(relay.listener().address()));
    }

    /** The connections that are live, in no order. */
    List<Relay> relays(Predicate<Relay> which) {
        List<Relay> chosen = new ArrayList<>();
        lane.wheel.forEach(entry -> {
            if (entry instanceof Relay relay && which.test(relay)) {
                chosen.add(relay);
            }
        });
        return chosen;
    }

    /** Stops listening, resets what is live, and frees the memory; any thread. */
    CompletableFuture<Void> close() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        boolean accepted = execute(() -> {
            listenerSockets.forEach(ListenerSocket::close);
            relays(relay -> true).forEach(Relay::abort);
            execute(() -> {
                lane.blocks.close();
                done.complete(null);
            });
        });
        if (!accepted) {
            done.complete(null);
        }
        return done;
    }
}
