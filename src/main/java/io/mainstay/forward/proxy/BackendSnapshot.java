// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.BackendState;
import io.mainstay.net.Endpoint;
import io.mainstay.time.MonotonicInstant;
import org.jspecify.annotations.Nullable;

/**
 * A backend at one moment.
 *
 * @param active connections it has now, with those that are being opened
 * @param total connections it has had
 * @param bytesIn octets from clients to it
 * @param bytesOut octets from it to clients
 * @param connectFailures attempts to reach it that failed
 * @param since when it entered its state
 * @param lastCheck null until the first check has ended
 * @param drain null unless it is being drained or has been
 */
public record BackendSnapshot(
        String name,
        Endpoint address,
        BackendState state,
        int weight,
        int active,
        long total,
        long bytesIn,
        long bytesOut,
        long connectFailures,
        MonotonicInstant since,
        @Nullable CheckReport lastCheck,
        @Nullable DrainStatus drain) {}
