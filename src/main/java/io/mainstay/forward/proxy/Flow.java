// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import org.jspecify.annotations.Nullable;

/** What one client has going with one backend: a TCP connection, or a session of datagrams. Used by one worker's thread alone. */
interface Flow {

    /** Where it goes now; null while that is not decided. */
    @Nullable
    LiveBackend backend();

    /** Where the client arrived. */
    LiveListener listener();

    /** When it began, on the clock of the engine; it may be a tick too early. */
    long startedNanos();

    /** Whether it is a TCP connection. */
    default boolean isConnection() {
        return true;
    }

    boolean hasEnded();

    /** Ends it at once; a TCP connection by a reset on both sides. */
    void abort();
}
