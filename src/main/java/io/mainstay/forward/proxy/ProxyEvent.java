// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.BackendState;
import io.mainstay.forward.RefusalReason;
import io.mainstay.forward.Tier;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Something that happened in the engine and that belongs into the journal. */
public sealed interface ProxyEvent {

    /** The name of the service that it happened to. */
    String service();

    /**
     * A backend is now something else to its watchers, or is known for the first time.
     *
     * @param from null when its first check has ended
     * @param reason the result of a check, or the command that changed it
     */
    record BackendStateChanged(
            String service, String backend, @Nullable BackendState from, BackendState to, String reason)
            implements ProxyEvent {}

    /**
     * The agent of a backend asks for something else than before, which leaves the state as it is.
     *
     * @param line what it has said
     */
    record AgentSaid(String service, String backend, String line) implements ProxyEvent {}

    /**
     * A backend gets no new connections and its live ones have until the deadline.
     *
     * @param live connections at the start
     * @param timeout time until the rest is reset
     */
    record DrainStarted(String service, String backend, int live, Duration timeout) implements ProxyEvent {}

    /** The drain of a backend is over, see {@link DrainOutcome}. */
    record DrainFinished(String service, String backend, DrainOutcome outcome) implements ProxyEvent {}

    /**
     * New connections are being refused, because no backend may take them.
     *
     * @param reason what happened to the last one
     */
    record ServiceWithoutBackend(String service, String reason) implements ProxyEvent {}

    /**
     * Other backends than before get the new connections of a service.
     *
     * @param tier which ones; never {@link Tier#NONE}
     * @param reason what brought it about
     */
    record ServiceServedBy(String service, Tier tier, String reason) implements ProxyEvent {}

    /**
     * Clients were refused. Told for each reason every ten seconds at most, however many they are.
     *
     * @param count how many since it was told last
     */
    record ClientsRefused(String service, RefusalReason reason, long count) implements ProxyEvent {}

    /**
     * New connections wait in the kernel, because the node cannot take them. Told every ten seconds at most by each worker.
     *
     * @param reason the operation with the kernel's reason
     */
    record AcceptFailing(String service, String reason) implements ProxyEvent {}
}
