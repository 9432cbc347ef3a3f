// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import java.time.Duration;
import java.util.Optional;

/**
 * Asks to change what a backend is given.
 *
 * @param service name of the service
 * @param backend name of the backend within it
 * @param change what to do
 * @param timeout how long its connections may live on before they are reset; empty: the service's {@code drain_timeout}.
 *     Without meaning for {@link Change#READY}
 * @param untilDone whether to answer only when no connection is left
 */
public record BackendChangeRequest(
        String service, String backend, Change change, Optional<Duration> timeout, boolean untilDone) {

    /** What to do with a backend. */
    public enum Change {
        /** No new connections; those it has may end in their own time, up to the deadline. */
        DRAIN,
        /** Back to what its health check says. */
        READY,
        /** As drain, and no health check decides about it until it is ready again. */
        MAINT
    }
}
