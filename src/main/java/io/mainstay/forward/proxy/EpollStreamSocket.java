// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.health.probe.SocketErrors;
import io.netty.channel.IoEvent;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.nio.channels.NotYetConnectedException;

/** A {@link StreamSocket} on the event loop of a worker, edge-triggered. */
final class EpollStreamSocket implements StreamSocket, EpollIoHandle, Runnable {

    /** What a socket is asked for as long as its writes were never refused. */
    static final EpollIoOps READING = EpollIoOps.EPOLLIN
            .with(EpollIoOps.EPOLLRDHUP)
            .with(EpollIoOps.valueOf(Readiness.PRI))
            .with(EpollIoOps.EPOLLET);

    /** What a connecting or once full socket is asked for. */
    static final EpollIoOps READING_AND_WRITING = READING.with(EpollIoOps.EPOLLOUT);

    /**
     * Events after which a socket that was not full meanwhile is asked no more whether it has room: every event would tell
     * it again, which costs Netty an object each time.
     */
    private static final int EVENTS_UNTIL_CALM = 8;

    private final Worker worker;
    private final TcpSocket socket;
    private Listener listener;
    private final IoRegistration registration;
    private EpollIoOps interest;
    private int eventsSinceFull;
    private boolean closed;

    /** Registers the socket with the worker, on whose thread this is called. */
    EpollStreamSocket(Worker worker, TcpSocket socket, Listener listener, EpollIoOps interest) {
        this.worker = worker;
        this.socket = socket;
        this.listener = listener;
        this.interest = interest;
        this.registration = worker.register(this);
        registration.submit(interest);
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
        int readiness = ((EpollIoEvent) event).ops().value();
        if (Readiness.mayWrite(readiness)) {
            calmDown();
        }
        listener.onReady(readiness);
    }

    private void calmDown() {
        eventsSinceFull++;
        if (eventsSinceFull == EVENTS_UNTIL_CALM) {
            interest = READING;
            registration.submit(interest);
        }
    }

    @Override
    public String failure() {
        try {
            socket.finishConnect();
            return "the kernel gave no reason";
        } catch (IOException reason) {
            return SocketErrors.reason(reason);
        }
    }

    @Override
    public int read(Block into) {
        try {
            int count = socket.recvAddress(into.address(), 0, into.capacity());
            return count >= 0 ? count : FINISHED;
        } catch (IOException | NotYetConnectedException broken) {
            return BROKEN;
        }
    }

    @Override
    public int peek(Block into) {
        return worker.streamCalls().peek(socket.intValue(), into);
    }

    @Override
    public boolean skip(int count, Block into) {
        try {
            return socket.recvAddress(into.address(), 0, count) == count;
        } catch (IOException | NotYetConnectedException broken) {
            return false;
        }
    }

    @Override
    public int read(Pipe into) {
        return worker.pipeCalls().fill(socket.intValue(), into);
    }

    @Override
    public int write(Pipe from) {
        return worker.pipeCalls().empty(from, socket.intValue());
    }

    @Override
    public void setListener(Listener newListener) {
        listener = newListener;
    }

    @Override
    public int write(Block block, int from, int to) {
        try {
            return socket.sendAddress(block.address(), from, to);
        } catch (IOException | NotYetConnectedException broken) {
            return BROKEN;
        }
    }

    @Override
    public void expectFinish() {
        socket.holdPartialPackets();
    }

    @Override
    public void acknowledgePromptly() {
        socket.acknowledgePromptly();
    }

    @Override
    public void finishOutput() {
        try {
            socket.shutdown(false, true);
        } catch (IOException | NotYetConnectedException broken) {
            // The next event on the socket says so.
        }
    }

    @Override
    public void tellWritable() {
        eventsSinceFull = 0;
        if (!interest.equals(READING_AND_WRITING)) {
            interest = READING_AND_WRITING;
            registration.submit(interest);
        }
    }

    @Override
    public void tellAgain() {
        registration.submit(interest);
    }

    @Override
    public boolean isAllDelivered() {
        return socket.isAllDelivered();
    }

    @Override
    public long acknowledged() {
        return socket.acknowledged();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            // It is the task itself: one object less for each end of a connection.
            worker.closeAfterEvents(this);
        }
    }

    @Override
    public void reset() {
        if (!closed) {
            try {
                socket.setSoLinger(0);
            } catch (IOException gone) {
                // Nobody is left who could be told.
            }
            close();
        }
    }

    /** Frees the descriptor, once it is closed. A closed one leaves the epoll set by itself. */
    @Override
    public void run() {
        socket.closeQuietly();
        registration.cancel();
    }
}
