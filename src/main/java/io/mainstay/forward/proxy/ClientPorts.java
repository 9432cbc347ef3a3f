// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import java.net.InetSocketAddress;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * From whose address and port sessions speak to which backend. There is one of a kind: with the same two ends of two sockets the
 * kernel could not tell whose an answer is. A client has several sessions with one backend when it comes by several listeners.
 * Any thread.
 */
final class ClientPorts {

    private record Ends(InetSocketAddress client, InetSocketAddress backend) {}

    private final Set<Ends> taken = ConcurrentHashMap.newKeySet();

    /** Takes the port of a client towards a backend; whether it was free. */
    boolean take(InetSocketAddress client, InetSocketAddress backend) {
        return taken.add(new Ends(client, backend));
    }

    /** Gives back what was taken. */
    void release(InetSocketAddress client, InetSocketAddress backend) {
        taken.remove(new Ends(client, backend));
    }

    int size() {
        return taken.size();
    }
}
