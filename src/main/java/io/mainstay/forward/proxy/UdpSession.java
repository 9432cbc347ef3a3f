// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.SourceAddress;
import io.mainstay.health.probe.SocketErrors;
import io.mainstay.net.Endpoint;
import io.netty.channel.IoEvent;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The datagrams between one client and one backend: a socket towards the backend, on which its answers come back. Runs on
 * the thread of one worker.
 *
 * <p>It ends when it was silent for a while, when the backend has given as many answers as there are to be to all that the
 * client has asked, or when the backend is gone; nobody is told, the client's next datagram just begins another one.
 */
final class UdpSession extends TimerWheel.Entry implements Flow, EpollIoHandle {

    private static final Logger LOG = LoggerFactory.getLogger(UdpSession.class);

    /** The next session in the same chain of a {@link SessionTable}. */
    @Nullable
    UdpSession nextInChain;

    private final Worker worker;
    private final DatagramListener from;
    private final LiveService service;
    private final UdpClient client;
    private final Endpoint endpoint;
    private final LiveBackend backend;
    private final FlowCounters counters;
    private final InetSocketAddress destination;
    private final UdpSocket socket;
    private final IoRegistration registration;
    private final long startedNanos;
    private final long timeoutNanos;
    private final int responsesToEach;
    private long requests;
    private long responses;
    private int knownChanges;
    private long lastActivityNanos;
    private boolean admitted;

    /** Whether it speaks from the client's own port, which is taken towards its backend. */
    private boolean hasClientPort;

    private boolean refused;
    private boolean ended;

    /**
     * @param backend the backend that was taken for this session
     * @throws ClientAddressException if the backend was to see the client's address and cannot
     * @throws IOException if this node lacks the means for another socket
     */
    UdpSession(
            Worker worker,
            DatagramListener from,
            LiveService service,
            UdpClient client,
            Endpoint endpoint,
            LiveBackend backend)
            throws IOException {
        this.worker = worker;
        this.from = from;
        this.service = service;
        this.client = client;
        this.endpoint = endpoint;
        this.backend = backend;
        counters = backend.counters(worker.lane().index);
        timeoutNanos = service.settings().traffic().udp().sessionTimeout().toNanos();
        responsesToEach = service.settings().traffic().udp().responses();
        knownChanges = service.changes();
        destination = backend.address(from.listener().portOffset());
        socket = connect();
        try {
            registration = worker.register(this);
        } catch (RuntimeException shortage) {
            socket.closeQuietly();
            giveClientPortBack();
            throw shortage;
        }
        registration.submit(EpollIoOps.EPOLLIN);
        startedNanos = worker.lane().stamp();
        lastActivityNanos = startedNanos;
        worker.lane().file(this);
        counters.connected();
    }

    private UdpSocket connect() throws IOException {
        UdpSocket opened = UdpSocket.open(backend.isIpv6());
        try {
            opened.mergeReceived();
            if (service.settings().traffic().udp().source() == SourceAddress.CLIENT
                    && backend.isIpv6() == client.isIpv6()) {
                speakForClient(opened);
            }
            opened.connect(destination);
            return opened;
        } catch (IOException refusedByKernel) {
            opened.closeQuietly();
            giveClientPortBack();
            throw refusedByKernel;
        }
    }

    /** From the client's address, and from its port unless that is taken: by another session with this backend, or a program. */
    private void speakForClient(UdpSocket opened) throws IOException {
        InetSocketAddress own = SocketAddresses.of(endpoint);
        hasClientPort = worker.clientPorts().take(own, destination);
        try {
            if (!hasClientPort || !opened.trySpeakFor(own)) {
                giveClientPortBack();
                opened.speakFor(own.getAddress());
            }
        } catch (IOException refusedByKernel) {
            throw SocketErrors.isInUse(refusedByKernel) || SocketErrors.isShortage(refusedByKernel)
                    ? refusedByKernel
                    : new ClientAddressException(refusedByKernel);
        }
    }

    private void giveClientPortBack() {
        if (hasClientPort) {
            hasClientPort = false;
            worker.clientPorts().release(SocketAddresses.of(endpoint), destination);
        }
    }

    /** Notes that the session was admitted, so that its end has to be counted. */
    void setAdmitted(boolean admitted) {
        this.admitted = admitted;
    }

    /** Leaves the admission to the session that follows; whether there is one. */
    boolean surrenderAdmission() {
        boolean had = admitted;
        admitted = false;
        return had;
    }

    UdpClient client() {
        return client;
    }

    /** The client as the choice of a backend knows it. */
    Endpoint endpoint() {
        return endpoint;
    }

    LiveService service() {
        return service;
    }

    DatagramListener from() {
        return from;
    }

    UdpSocket socket() {
        return socket;
    }

    @Override
    public LiveBackend backend() {
        return backend;
    }

    @Override
    public LiveListener listener() {
        return from.listener();
    }

    @Override
    public long startedNanos() {
        return startedNanos;
    }

    @Override
    public boolean isConnection() {
        return false;
    }

    @Override
    public boolean hasEnded() {
        return ended;
    }

    /** Forgets that the backend has refused a datagram, since it was chosen for another one: that may be refused again. */
    void tryAgain() {
        refused = false;
    }

    /** Whether the client's datagrams should go to another backend. Looks closely only when something has changed. */
    boolean hasLostBackend() {
        int changes = service.changes();
        if (changes != knownChanges) {
            knownChanges = changes;
            refused |= service.hasGivenUp(backend);
        }
        return refused;
    }

    /** Sends these slots to the backend. */
    void forward(DatagramBatch batch, int first, int end) {
        int octets = 0;
        for (int slot = first; slot < end; slot++) {
            octets += batch.length(slot);
            requests += batch.datagrams(slot);
        }
        batch.addressToPeer(first, end);
        int failure = batch.send(socket, first, end);
        counters.bytesIn(octets);
        lastActivityNanos = worker.lane().nowNanos();
        if (failure != 0) {
            onFailure(failure);
        }
    }

    @Override
    public FileDescriptor fd() {
        return socket;
    }

    @Override
    public void handle(IoRegistration ignored, IoEvent event) {
        if (ended) {
            return;
        }
        try {
            worker.datagrams().replies().take(this);
        } catch (Throwable defect) {
            // Thrown on, it would stop every connection of the loop for a second, and an error would end the loop.
            LOG.error("session for service {} failed", service.name(), defect);
            abort();
        }
    }

    /** Answers of the backend are on their way to the client. */
    void onReplies(int datagrams, int octets) {
        counters.bytesOut(octets);
        lastActivityNanos = worker.lane().nowNanos();
        responses += datagrams;
        if (responsesToEach > 0 && responses >= responsesToEach * requests) {
            abort();
        }
    }

    /** A system call on the socket failed. */
    void onFailure(int errno) {
        if (errno == DatagramBatch.ECONNREFUSED && !refused) {
            refused = true;
            counters.connectFailed();
        }
    }

    @Override
    long deadlineNanos() {
        return lastActivityNanos + timeoutNanos;
    }

    @Override
    void onDeadline(long nowNanos) {
        abort();
    }

    @Override
    public void abort() {
        if (!ended) {
            ended = true;
            from.forget(this);
            giveClientPortBack();
            worker.lane().wheel.remove(this);
            worker.closeAfterEvents(this::release);
            worker.lane().load().leave();
            service.giveBack(backend, endpoint);
            if (admitted) {
                service.door().dismiss(endpoint);
            }
        }
    }

    private void release() {
        socket.closeQuietly();
        registration.cancel();
    }

    @Override
    public void close() {
        // The loop ends; the descriptor goes with the session.
    }
}
