// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.net.Endpoint;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * One client's TCP connection, after its end.
 *
 * @param ended when that was
 * @param service name of the service
 * @param client who it was
 * @param peer who was at the other end of the connection: the client, or a proxy that spoke for it
 * @param arrivedAt the address of this node at which it came in
 * @param backend name of the backend that had it last; empty: none had
 * @param state how it ended: the letter of {@link EndCause}, then that of {@link Stage}
 * @param refusal why this node did not take it or did not go on with it; empty: it did
 * @param bytesIn octets from the client that were passed on or on their way
 * @param bytesOut octets from the backend, the same
 * @param duration from its arrival to its end
 * @param queuePosition how many clients waited for a backend when it began to, itself among them; 0: it did not wait, or had
 *     no place to
 * @param queued how long it waited for a backend with room
 * @param connect how long it took until a backend was reached, or was given up
 * @param attempts how many times it was tried to reach a backend
 */
public record ConnectionRecord(
        Instant ended,
        String service,
        Endpoint client,
        Endpoint peer,
        Endpoint arrivedAt,
        Optional<String> backend,
        String state,
        Optional<RefusalReason> refusal,
        long bytesIn,
        long bytesOut,
        Duration duration,
        int queuePosition,
        Duration queued,
        Duration connect,
        int attempts) {

    /** The state of a connection that both sides have finished. */
    public static final String FINISHED = "--";
}
