// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.BackendConfig;
import io.mainstay.net.Endpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** A real server on loopback that does with each connection what its script says. */
final class ScriptedServer implements AutoCloseable {

    /** What is done with a connection, on a thread of its own; it is closed afterwards. */
    interface Script {

        void serve(Socket connection) throws IOException;
    }

    /** Sends back what it gets, and its FIN behind it. */
    static final Script ECHO = connection -> {
        connection.getInputStream().transferTo(connection.getOutputStream());
        connection.shutdownOutput();
    };

    /** Takes a connection and says nothing until the other side goes away. */
    static final Script SILENT = connection -> {
        byte[] heap = new byte[1024];
        int count = 0;
        while (count >= 0) {
            count = connection.getInputStream().read(heap);
        }
    };

    private final InetSocketAddress address;
    private final Script script;
    private final AtomicInteger accepted = new AtomicInteger();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final boolean firstIsCheck;
    private ServerSocket listening;
    private Thread acceptor;

    private ScriptedServer(InetSocketAddress wanted, Script script, boolean firstIsCheck) throws IOException {
        this.script = script;
        this.firstIsCheck = firstIsCheck;
        listening = listen(wanted);
        address = new InetSocketAddress(wanted.getAddress(), listening.getLocalPort());
        acceptor = acceptOn(listening);
    }

    /**
     * Listens on a free port of an address of loopback.
     *
     * @param firstIsCheck whether the first connection is a health check, which the script must not take for a client
     */
    static ScriptedServer start(String host, Script script, boolean firstIsCheck) {
        try {
            return new ScriptedServer(new InetSocketAddress(host, 0), script, firstIsCheck);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ServerSocket listen(InetSocketAddress address) throws IOException {
        ServerSocket socket = new ServerSocket();
        socket.setReuseAddress(true);
        socket.bind(address, 1024);
        return socket;
    }

    private Thread acceptOn(ServerSocket socket) {
        return Thread.ofVirtual().start(() -> {
            while (!socket.isClosed()) {
                try {
                    Socket connection = socket.accept();
                    Script next = accepted.incrementAndGet() == 1 && firstIsCheck ? SILENT : script;
                    open.add(connection);
                    Thread.ofVirtual().start(() -> serve(connection, next));
                } catch (IOException closed) {
                    return;
                }
            }
        });
    }

    private void serve(Socket connection, Script next) {
        try (connection) {
            next.serve(connection);
        } catch (IOException gone) {
            // The scripts of the tests see what they want to see themselves.
        } finally {
            open.remove(connection);
        }
    }

    /** Refuses connections from now on; those that are open stay. */
    void stopListening() {
        try {
            listening.close();
            // Until the thread has left its accept the kernel goes on taking connections.
            acceptor.join();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Takes connections again, on the same port. */
    void listenAgain() {
        try {
            listening = listen(address);
            acceptor = acceptOn(listening);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Connections so far, checks among them. */
    int accepted() {
        return accepted.get();
    }

    BackendConfig as(String name) {
        return as(name, 100);
    }

    BackendConfig as(String name, int weight) {
        String host = address.getAddress().getHostAddress();
        String bracketed = host.contains(":") ? "[" + host + "]" : host;
        return new BackendConfig(name, Endpoint.parse(bracketed + ":" + address.getPort()), weight);
    }

    @Override
    public void close() {
        stopListening();
        for (Socket connection : open) {
            try {
                connection.close();
            } catch (IOException gone) {
                // That is what was wanted.
            }
        }
    }
}
