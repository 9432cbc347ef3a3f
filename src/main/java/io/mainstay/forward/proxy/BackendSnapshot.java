// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.BackendState;
import io.mainstay.health.AgentState;
import io.mainstay.net.Endpoint;
import io.mainstay.time.MonotonicInstant;
import org.jspecify.annotations.Nullable;

/**
 * A backend at one moment.
 *
 * @param weight its configured share
 * @param sharePercent how much of that it has now: less after a failure, and when its agent asks for less
 * @param limit how many connections it gets at the same time; 0: any number
 * @param backup whether it serves only when too few of the others can
 * @param active connections it has now, with those that are being opened
 * @param total connections it has had
 * @param bytesIn octets from clients to it
 * @param bytesOut octets from it to clients
 * @param packetsIn packets from clients, where another engine forwards or has forwarded
 * @param packetsOut the same to clients
 * @param connectFailures attempts to reach it that failed
 * @param since when it entered its state
 * @param reason why it did; empty until something is known
 * @param lastCheck of several checks the latest that failed, or the latest; null until one has ended
 * @param agent what its agent has asked for
 * @param drain null unless it is being drained or has been
 */
public record BackendSnapshot(
        String name,
        Endpoint address,
        BackendState state,
        int weight,
        int sharePercent,
        int limit,
        boolean backup,
        int active,
        long total,
        long bytesIn,
        long bytesOut,
        long packetsIn,
        long packetsOut,
        long connectFailures,
        MonotonicInstant since,
        String reason,
        @Nullable CheckReport lastCheck,
        AgentState agent,
        @Nullable DrainStatus drain) {}
