// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.election.AuthenticationConfig;
import io.mainstay.election.Tracked;
import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.takeover.AnnounceConfig;
import io.mainstay.takeover.VirtualMacConfig;
import java.time.Duration;
import java.util.Optional;

/**
 * What the election driver needs to run one virtual router.
 *
 * @param authentication how it proves what it says
 * @param syncGroup the name of the sync group that it belongs to
 * @param startupDelay how long it waits before it takes part
 * @param tracked what is tracked for it, before any of that was looked at; empty if nothing is
 * @param virtualMac whether it has a MAC address of its own
 * @param drainTimeout how long connections live on here after the addresses were handed over
 */
public record RouterSetup(
        VirtualRouterConfig config,
        AnnounceConfig announce,
        AuthenticationConfig authentication,
        Optional<String> syncGroup,
        Duration startupDelay,
        Optional<Tracked> tracked,
        Optional<VirtualMacConfig> virtualMac,
        Duration drainTimeout) {

    /** A virtual router for itself, which does not sign and for which nothing is tracked. */
    public RouterSetup(VirtualRouterConfig config, AnnounceConfig announce) {
        this(config, announce, AuthenticationConfig.NONE, Optional.empty(), Duration.ZERO, Optional.empty());
    }

    /** One whose connections end with its addresses. */
    public RouterSetup(
            VirtualRouterConfig config,
            AnnounceConfig announce,
            AuthenticationConfig authentication,
            Optional<String> syncGroup,
            Duration startupDelay,
            Optional<Tracked> tracked,
            Optional<VirtualMacConfig> virtualMac) {
        this(config, announce, authentication, syncGroup, startupDelay, tracked, virtualMac, Duration.ZERO);
    }

    /** One without a MAC address of its own. */
    public RouterSetup(
            VirtualRouterConfig config,
            AnnounceConfig announce,
            AuthenticationConfig authentication,
            Optional<String> syncGroup,
            Duration startupDelay,
            Optional<Tracked> tracked) {
        this(config, announce, authentication, syncGroup, startupDelay, tracked, Optional.empty());
    }
}
