// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import io.mainstay.forward.LimitsConfig;
import io.mainstay.kernel.FlowTrial.Refused;
import io.mainstay.net.IpAddress;

/** Why a client would be turned away, in words. Pure. */
final class RefusalWords {

    private RefusalWords() {}

    /** A clause, such as {@code the source has 20 of 20 connections}. */
    static String of(Refused refused, KernelService service, IpAddress client) {
        LimitsConfig limits = service.traffic().limits();
        return switch (refused.reason()) {
            case DENIED -> "the access list of the service does not let " + client + " in";
            case SERVICE_FULL -> "the service has " + refused.live() + " of " + limits.connections() + " connections";
            case SOURCE_FULL ->
                source(limits, client) + " has " + refused.live() + " of " + limits.connectionsPerSource()
                        + " connections";
            case SERVICE_TOO_FAST ->
                "the service takes " + limits.newConnections().perSecond()
                        + " new connections a second, and has just had them";
            case SOURCE_TOO_FAST ->
                source(limits, client) + " may begin "
                        + limits.newConnectionsPerSource().perSecond()
                        + " connections a second, and has just done so";
            case BACKENDS_FULL -> "every backend that takes new connections has its max_connections";
            case NO_BACKEND -> "no backend of the service takes new flows";
            case NO_RESOURCES -> "all source ports that were tried are taken";
        };
    }

    /** Named where several clients are one. */
    private static String source(LimitsConfig limits, IpAddress client) {
        String shown = limits.source().shown(limits.source().groupOf(client));
        return shown.equals(client.toString()) ? "the source" : "the source, " + shown + ",";
    }
}
