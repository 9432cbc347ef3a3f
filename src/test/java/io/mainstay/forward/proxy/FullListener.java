// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.BackendConfig;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;

/**
 * A server that accepts at first, and then lets its queue fill up: the kernel answers no further SYN. The nearest thing on
 * loopback to a host that has vanished.
 */
final class FullListener implements AutoCloseable {

    /** Far more than fit into a queue of one. */
    private static final int MOST = 50;

    private static final int FULL_AFTER_MILLIS = 300;

    private final ServerSocket socket;
    private final List<Socket> queued = new ArrayList<>();

    private FullListener(ServerSocket socket) {
        this.socket = socket;
    }

    static FullListener open(String host) throws IOException {
        ServerSocket socket = new ServerSocket();
        socket.bind(new InetSocketAddress(host, 0), 1);
        return new FullListener(socket);
    }

    /** Fills the queue until a connection attempt gets no answer. */
    void fill() throws IOException {
        for (int i = 0; i < MOST; i++) {
            Socket next = new Socket();
            queued.add(next);
            try {
                next.connect(new InetSocketAddress(socket.getInetAddress(), socket.getLocalPort()), FULL_AFTER_MILLIS);
            } catch (SocketTimeoutException full) {
                return;
            }
        }
        throw new AssertionError("the queue takes more than " + MOST);
    }

    BackendConfig as(String name) {
        return new BackendConfig(
                name, EngineBench.endpoint(socket.getInetAddress().getHostAddress(), socket.getLocalPort()), 100);
    }

    @Override
    public void close() throws IOException {
        socket.close();
        for (Socket connection : queued) {
            connection.close();
        }
    }
}
