// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.RefusalReason;
import io.mainstay.forward.TcpConfig;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.health.probe.SocketErrors;
import io.netty.channel.IoEvent;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The listening socket of one listener on one worker. The kernel shares new connections out among the sockets of all workers
 * (SO_REUSEPORT).
 */
final class ListenerSocket implements ArrivalSocket, EpollIoHandle {

    private static final Logger LOG = LoggerFactory.getLogger(ListenerSocket.class);

    /** Connections taken in one go, so that a flood of new ones does not hold up the others. */
    private static final int MAX_ACCEPTED_AT_ONCE = 32;

    /** Bounds what a listener that is to be closed still takes. */
    private static final int MAX_LAST_ROUNDS = 128;

    /** How long new connections wait in the kernel when the node has no descriptor for them. */
    private static final long PAUSE_NANOS = 100_000_000;

    /** Time between two events about connections that wait. */
    private static final long TELL_AGAIN_NANOS = 10_000_000_000L;

    /** Room for the address of a client, as Netty's accept wants it. */
    private static final int CLIENT_ADDRESS_LENGTH = 26;

    /** Nothing that a listening socket ever tells. */
    private static final EpollIoOps PAUSED = EpollIoOps.EPOLLRDHUP;

    private final Worker worker;
    private final LiveListener listener;
    private final TcpSocket socket;
    private final EventOutlet events;
    private final byte[] clientAddress = new byte[CLIENT_ADDRESS_LENGTH];
    private @Nullable IoRegistration registration;
    private boolean everTold;
    private long lastToldNanos;

    ListenerSocket(Worker worker, LiveListener listener, TcpSocket socket, EventOutlet events) {
        this.worker = worker;
        this.listener = listener;
        this.socket = socket;
        this.events = events;
    }

    /**
     * A socket that listens on an address, which need not be on an interface. Sockets of this program may share it.
     *
     * @throws IOException with the reason of the kernel
     */
    static TcpSocket bind(InetSocketAddress address, TcpConfig config) throws IOException {
        TcpSocket socket = TcpSocket.open(address.getAddress() instanceof Inet6Address);
        try {
            socket.prepareToBindAnywhere();
            speakOnWithoutTheAddress(socket);
            socket.setReusePort(true);
            new TcpOptions(config).applyToListening(socket);
            socket.bind(address);
            socket.listen(config.backlog());
            return socket;
        } catch (IOException refused) {
            socket.closeQuietly();
            throw refused;
        }
    }

    /**
     * A connection may have to be reset when its address has gone already, as after the guard took it away; without being
     * told, a client that only waits would wait for ever.
     */
    private static void speakOnWithoutTheAddress(TcpSocket socket) {
        try {
            socket.allowForeignAddress();
        } catch (IOException withoutTheRight) {
            // Such a program holds no address either.
        }
    }

    /**
     * Fails if another program listens on the address. {@link #bind} alone would share the port with a second daemon of the
     * same user, and each would get a part of the connections.
     */
    static void requireUnused(InetSocketAddress address) throws IOException {
        TcpSocket probe = TcpSocket.open(address.getAddress() instanceof Inet6Address);
        try {
            probe.prepareToBindAnywhere();
            probe.bind(address);
        } finally {
            probe.closeQuietly();
        }
    }

    @Override
    public void start() {
        registration = worker.register(this);
        registration.submit(EpollIoOps.EPOLLIN);
    }

    @Override
    public void configure(TrafficConfig traffic) {
        try {
            new TcpOptions(traffic.tcp()).applyToListening(socket);
            socket.listen(traffic.tcp().backlog());
        } catch (IOException refused) {
            // Nothing that the kernel says of these options depends on more than their ranges.
            LOG.error("settings of the listener {} not changed", listener.endpoint(), refused);
        }
    }

    @Override
    public FileDescriptor fd() {
        return socket;
    }

    @Override
    public void handle(IoRegistration ignored, IoEvent event) {
        try {
            acceptOrPause();
        } catch (Throwable defect) {
            // Thrown on, it would end the loop with every connection on it.
            LOG.error("connections for service {} not taken", listener.service().name(), defect);
            pause("defect: " + defect);
        }
    }

    private void acceptOrPause() {
        try {
            acceptSome();
        } catch (IOException failure) {
            // Other failures than a shortage concern a connection that is gone already (accept(2)): the next one is
            // waiting.
            if (SocketErrors.isShortage(failure)) {
                pause("accept: " + SocketErrors.reason(failure));
            }
        }
    }

    /** Whether more may be waiting. */
    private boolean acceptSome() throws IOException {
        for (int i = 0; i < MAX_ACCEPTED_AT_ONCE; i++) {
            int descriptor = socket.accept(clientAddress);
            if (descriptor < 0) {
                return false;
            }
            take(new TcpSocket(descriptor));
        }
        return true;
    }

    private void take(TcpSocket accepted) {
        if (!listener.isOpen()) {
            listener.service().door().countRefused(RefusalReason.GATE_CLOSED);
            accepted.reset();
            return;
        }
        worker.receive(listener, accepted, SocketAddresses.ofAccepted(clientAddress));
    }

    /** Leaves new connections in the kernel for a while, rather than being told of them again and again. */
    private void pause(String reason) {
        IoRegistration present = registration;
        if (present == null) {
            return;
        }
        long nowNanos = System.nanoTime();
        if (!everTold || nowNanos - lastToldNanos >= TELL_AGAIN_NANOS) {
            everTold = true;
            lastToldNanos = nowNanos;
            events.tell(new ProxyEvent.AcceptFailing(listener.service().name(), reason));
        }
        present.submit(PAUSED);
        worker.executeAfter(
                () -> {
                    if (present.isValid()) {
                        present.submit(EpollIoOps.EPOLLIN);
                    }
                },
                PAUSE_NANOS);
    }

    @Override
    public void takeRestAndClose() {
        try {
            boolean more = true;
            for (int rounds = 0; more && rounds < MAX_LAST_ROUNDS; rounds++) {
                more = acceptSome();
            }
        } catch (IOException failure) {
            LOG.debug("last connections on {} not taken", listener.endpoint(), failure);
        } finally {
            close();
        }
    }

    @Override
    public void close() {
        socket.closeQuietly();
        if (registration != null) {
            registration.cancel();
        }
    }
}
