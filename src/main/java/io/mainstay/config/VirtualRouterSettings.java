// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.hook.HookConfig;
import io.mainstay.net.InterfaceName;
import io.mainstay.takeover.AnnounceConfig;
import io.mainstay.takeover.VirtualMacConfig;
import io.mainstay.track.TrackerConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One virtual router, with what goes with it.
 *
 * @param router what the election needs to know
 * @param announce how a takeover is announced
 * @param authentication how it proves what it says
 * @param syncGroup the name of the sync group that it belongs to
 * @param trackers what is tracked for it
 * @param hooks what runs when its state changes
 * @param virtualMac whether it has a MAC address of its own
 * @param drainTimeout how long connections live on here after the addresses were handed over
 */
public record VirtualRouterSettings(
        VirtualRouterConfig router,
        AnnounceConfig announce,
        AuthenticationSettings authentication,
        Optional<String> syncGroup,
        List<TrackerConfig> trackers,
        HookConfig hooks,
        Optional<VirtualMacConfig> virtualMac,
        Duration drainTimeout) {

    /** Unless it is said otherwise. */
    public static final Duration DEFAULT_DRAIN_TIMEOUT = Duration.ofSeconds(10);

    public VirtualRouterSettings {
        trackers = List.copyOf(trackers);
    }

    /** The interfaces on which its addresses may stand: the one on which it advertises, and those of its virtual MAC. */
    public List<InterfaceName> interfaces() {
        List<InterfaceName> interfaces = new ArrayList<>(List.of(router.interfaceName()));
        virtualMac.ifPresent(mac ->
                router.families().forEach(family -> interfaces.add(mac.interfaceName(family, router.vrid()))));
        return interfaces;
    }

    /** A virtual router for itself, which does not sign, for which nothing is tracked and nothing runs. */
    public VirtualRouterSettings(VirtualRouterConfig router, AnnounceConfig announce) {
        this(
                router,
                announce,
                AuthenticationSettings.NONE,
                Optional.empty(),
                List.of(),
                HookConfig.NONE,
                Optional.empty(),
                DEFAULT_DRAIN_TIMEOUT);
    }
}
