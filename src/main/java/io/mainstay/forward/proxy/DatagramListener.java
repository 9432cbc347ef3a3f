// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.RefusalReason;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.forward.UdpConfig;
import io.mainstay.net.Endpoint;
import io.netty.channel.IoEvent;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The UDP socket of one listener on one worker, with the sessions of its clients. The kernel shares clients out among the
 * sockets of all workers (SO_REUSEPORT), each client to the same one as long as the sockets stay.
 */
final class DatagramListener implements ArrivalSocket, EpollIoHandle {

    private static final Logger LOG = LoggerFactory.getLogger(DatagramListener.class);

    private static final SecureRandom SEEDS = new SecureRandom();

    private final Worker worker;
    private final LiveListener listener;
    private final UdpSocket socket;
    private final SessionTable sessions = new SessionTable(SEEDS.nextLong());
    private @Nullable IoRegistration registration;
    private boolean closed;

    DatagramListener(Worker worker, LiveListener listener, UdpSocket socket) {
        this.worker = worker;
        this.listener = listener;
        this.socket = socket;
    }

    /**
     * A socket for the datagrams to an address, which need not be on an interface. Sockets of this program may share it.
     *
     * @throws IOException with the reason of the kernel
     */
    static UdpSocket bind(InetSocketAddress address) throws IOException {
        UdpSocket socket = UdpSocket.open(address.getAddress() instanceof Inet6Address);
        try {
            socket.prepareToBindAnywhere();
            socket.setReusePort(true);
            socket.enlargeBuffers();
            socket.mergeReceived();
            if (address.getAddress().isAnyLocalAddress()) {
                socket.tellLocalAddress();
            }
            socket.bind(address);
            return socket;
        } catch (IOException refused) {
            socket.closeQuietly();
            throw refused;
        }
    }

    /** Fails if another program has the address. */
    static void requireUnused(InetSocketAddress address) throws IOException {
        UdpSocket probe = UdpSocket.open(address.getAddress() instanceof Inet6Address);
        try {
            probe.prepareToBindAnywhere();
            probe.bind(address);
        } finally {
            probe.closeQuietly();
        }
    }

    @Override
    public void start() {
        // What is loaded and linked by the first datagram should not be so while a client waits for it.
        receive();
        registration = worker.register(this);
        registration.submit(EpollIoOps.EPOLLIN);
    }

    @Override
    public void configure(TrafficConfig traffic) {
        // The settings of sessions are read when they begin; the socket has none.
    }

    LiveListener listener() {
        return listener;
    }

    UdpSocket socket() {
        return socket;
    }

    @Override
    public FileDescriptor fd() {
        return socket;
    }

    @Override
    public void handle(IoRegistration ignored, IoEvent event) {
        if (closed) {
            return;
        }
        try {
            receive();
        } catch (Throwable defect) {
            // Thrown on, it would end the loop with every connection on it.
            LOG.error("datagrams for service {} not taken", listener.service().name(), defect);
        }
    }

    /** Whether more may be waiting. */
    private boolean receive() {
        DatagramBatch batch = worker.datagrams().requests();
        int count = batch.receive(socket, 0, DatagramBatch.SLOTS);
        if (count <= 0) {
            return false;
        }
        LiveService service = listener.service();
        if (listener.isOpen()) {
            forward(service, batch, count);
        } else {
            for (int slot = 0; slot < count; slot++) {
                service.door().countRefused(RefusalReason.GATE_CLOSED);
            }
        }
        return count == DatagramBatch.SLOTS;
    }

    /** Hands each run of datagrams of one session over in one go. */
    private void forward(LiveService service, DatagramBatch batch, int count) {
        UdpConfig settings = service.settings().traffic().udp();
        UdpSession run = null;
        int runStart = 0;
        for (int slot = 0; slot < count; slot++) {
            UdpSession session =
                    settings.onePacket() ? anySession(service, batch, slot) : session(service, batch, slot);
            if (session != run) {
                if (run != null) {
                    run.forward(batch, runStart, slot);
                }
                run = session;
                runStart = slot;
            }
        }
        if (run != null) {
            run.forward(batch, runStart, count);
        }
    }

    private @Nullable UdpSession session(LiveService service, DatagramBatch batch, int slot) {
        UdpSession present = sessions.find(batch, slot, null);
        if (present == null) {
            UdpClient client = UdpClient.of(batch, slot);
            Endpoint endpoint = client.endpoint();
            boolean guarded = service.door().isGuarded();
            return guarded && isRefused(service, endpoint)
                    ? null
                    : open(service, client, endpoint, service.take(endpoint), guarded);
        }
        return present.hasLostBackend() ? replace(present) : present;
    }

    /** The session of the client with a backend that is chosen for this datagram alone. */
    private @Nullable UdpSession anySession(LiveService service, DatagramBatch batch, int slot) {
        UdpClient client = UdpClient.of(batch, slot);
        Endpoint endpoint = client.endpoint();
        boolean guarded = service.door().isGuarded();
        boolean isStranger = guarded && sessions.find(batch, slot, null) == null;
        if (isStranger && isRefused(service, endpoint)) {
            // Before a backend is taken for it, which would be remembered where clients keep their backends.
            return null;
        }
        LiveBackend backend = service.take(endpoint);
        UdpSession present = backend == null ? null : sessions.find(batch, slot, backend);
        if (present != null) {
            present.service().giveBack(present.backend(), endpoint);
            present.tryAgain();
            return present;
        }
        if (guarded && !isStranger && isRefused(service, endpoint)) {
            if (backend != null) {
                service.giveBack(backend, endpoint);
            }
            return null;
        }
        return open(service, client, endpoint, backend, guarded);
    }

    /** Another session in the place of one whose backend is gone; what is still on its way from there is lost. */
    private @Nullable UdpSession replace(UdpSession lost) {
        LiveService service = lost.service();
        LiveBackend other = service.takeOther(lost.backend(), lost.endpoint());
        boolean admitted = lost.surrenderAdmission();
        lost.abort();
        return open(service, lost.client(), lost.endpoint(), other, admitted);
    }

    private static boolean isRefused(LiveService service, Endpoint client) {
        RefusalReason refusal = service.door().admit(client);
        if (refusal != null) {
            service.door().countRefused(refusal);
        }
        return refusal != null;
    }

    private @Nullable UdpSession open(
            LiveService service, UdpClient client, Endpoint endpoint, @Nullable LiveBackend backend, boolean admitted) {
        if (backend == null) {
            return refused(service, endpoint, service.reasonForNone(), admitted);
        }
        if (!worker.lane().load().enter()) {
            service.giveBack(backend, endpoint);
            return refused(service, endpoint, RefusalReason.NODE_FULL, admitted);
        }
        try {
            UdpSession session = new UdpSession(worker, this, service, client, endpoint, backend);
            session.setAdmitted(admitted);
            sessions.add(session);
            return session;
        } catch (ClientAddressException unusable) {
            LOG.debug("the address of {}", endpoint, unusable);
            return notOpened(service, endpoint, backend, RefusalReason.CLIENT_ADDRESS_UNUSABLE, admitted);
        } catch (IOException | UncheckedIOException shortage) {
            return notOpened(service, endpoint, backend, RefusalReason.NO_RESOURCES, admitted);
        }
    }

    private @Nullable UdpSession notOpened(
            LiveService service, Endpoint endpoint, LiveBackend backend, RefusalReason reason, boolean admitted) {
        worker.lane().load().leave();
        service.giveBack(backend, endpoint);
        return refused(service, endpoint, reason, admitted);
    }

    /** No session. */
    private static @Nullable UdpSession refused(
            LiveService service, Endpoint client, RefusalReason reason, boolean admitted) {
        service.door().countRefused(reason);
        if (admitted) {
            service.door().dismiss(client);
        }
        return null;
    }

    void forget(UdpSession session) {
        sessions.remove(session);
    }

    @Override
    public void takeRestAndClose() {
        boolean more = true;
        for (int rounds = 0; more && rounds < DatagramBatch.SLOTS; rounds++) {
            more = receive();
        }
        // What the backends still answer could not be sent without the socket.
        List<UdpSession> left = new ArrayList<>(sessions.size());
        sessions.forEach(left::add);
        left.forEach(UdpSession::abort);
        close();
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        worker.datagrams().replies().forget(this);
        socket.closeQuietly();
        if (registration != null) {
            registration.cancel();
        }
    }
}
