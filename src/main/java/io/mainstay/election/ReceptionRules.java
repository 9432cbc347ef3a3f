// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import io.mainstay.election.wire.Advertisement;
import io.mainstay.election.wire.Authentication;
import io.mainstay.election.wire.DecodeResult.Discarded;
import io.mainstay.election.wire.DiscardReason;
import io.mainstay.election.wire.VrrpVersion;
import java.util.Optional;

/**
 * Which sound advertisements with its number a virtual router takes in: the checks of RFC 9568 §7.1, and of RFC 3768 §7.1 for
 * version 2, that need to know its configuration. Each refusal says in one sentence what is wrong and what to set.
 */
final class ReceptionRules {

    private final VirtualRouterConfig config;

    ReceptionRules(VirtualRouterConfig config) {
        this.config = config;
    }

    /** Why the advertisement is thrown away, by the first check that fails; empty if it is for the election to judge. */
    Optional<Discarded> refusal(Advertisement advertisement) {
        return version(advertisement).or(() -> authentication(advertisement)).or(() -> interval(advertisement));
    }

    private Optional<Discarded> version(Advertisement advertisement) {
        VrrpVersion ours = config.protocol().version();
        VrrpVersion theirs = advertisement.version();
        if (theirs == ours) {
            return Optional.empty();
        }
        return refused(
                DiscardReason.VERSION_OTHER,
                "it speaks VRRPv" + theirs.number() + " for VRID " + config.vrid() + ", this node VRRPv"
                        + ours.number() + ", so that both would be Active: set version: " + theirs.number()
                        + " here, or version " + ours.number() + " there (keepalived: vrrp_version " + ours.number()
                        + ")");
    }

    private Optional<Discarded> authentication(Advertisement advertisement) {
        Authentication ours = config.protocol().authentication();
        Authentication theirs = advertisement.authentication();
        if (theirs.equals(ours)) {
            return Optional.empty();
        }
        if (theirs.type() == ours.type()) {
            return refused(
                    DiscardReason.AUTHENTICATION_DATA,
                    "its password for VRID " + config.vrid()
                            + " is not the one of this node: set password here and auth_pass there to the same");
        }
        return refused(
                DiscardReason.AUTHENTICATION_TYPE,
                ours.equals(Authentication.NONE)
                        ? "it sends a password for VRID " + config.vrid()
                                + ", this node has none: set password here, or no authentication there"
                        : "it sends no password for VRID " + config.vrid()
                                + ", this node wants one: set auth_type PASS and auth_pass there, or no password here");
    }

    /** A Backup of version 2 goes by its own interval, so that another one would make it late or hasty. */
    private Optional<Discarded> interval(Advertisement advertisement) {
        long ours = config.advertisementInterval().toSeconds();
        long theirs = advertisement.interval().toSeconds();
        if (advertisement.version() == VrrpVersion.V3 || theirs == ours) {
            return Optional.empty();
        }
        return refused(
                DiscardReason.INTERVAL_MISMATCH,
                "it advertises VRID " + config.vrid() + " every " + theirs + "s, this node every " + ours
                        + "s, which VRRPv2 does not allow: set advertisement_interval: " + theirs + "s here, or " + ours
                        + "s there (keepalived: advert_int " + ours + ")");
    }

    private static Optional<Discarded> refused(DiscardReason reason, String sentence) {
        return Optional.of(new Discarded(reason, sentence));
    }
}
