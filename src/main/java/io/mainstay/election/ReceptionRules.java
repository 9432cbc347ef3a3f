// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import io.mainstay.election.wire.Advertisement;
import io.mainstay.election.wire.Authentication;
import io.mainstay.election.wire.DecodeResult.Discarded;
import io.mainstay.election.wire.DiscardReason;
import io.mainstay.election.wire.VrrpVersion;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.IpFamily;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which sound advertisements with its number a virtual router takes in: the checks of RFC 9568 §7.1, and of RFC 3768 §7.1 for
 * version 2, that need to know its configuration. Each refusal says in one sentence what is wrong and what to set.
 */
final class ReceptionRules {

    private final VirtualRouterConfig config;
    private final Map<IpFamily, List<IpAddress>> addresses;

    /** @param addresses what this node advertises over each family */
    ReceptionRules(VirtualRouterConfig config, Map<IpFamily, List<IpAddress>> addresses) {
        this.config = config;
        this.addresses = addresses;
    }

    /**
     * Why the advertisement is thrown away, by the first check that fails; empty if it is for the election to judge.
     *
     * @param datagram in which it came
     */
    Optional<Discarded> refusal(Advertisement advertisement, IpDatagram datagram) {
        return version(advertisement)
                .or(() -> path(datagram))
                .or(() -> authentication(advertisement))
                .or(() -> interval(advertisement))
                .or(() -> addresses(advertisement, datagram.source().family()));
    }

    /** Whether it came the way that this virtual router's advertisements go; a peer of the other way would not hear them. */
    private Optional<Discarded> path(IpDatagram datagram) {
        IpAddress source = datagram.source();
        List<IpAddress> peers = config.protocol().unicastPeers(source.family());
        boolean multicast = datagram.destination().isMulticast();
        if (peers.isEmpty() && !multicast) {
            return refused(
                    DiscardReason.DESTINATION,
                    "it sends VRID " + config.vrid() + " to this node alone, this node to the multicast group, so that"
                            + " both would be Active: set unicast_peers: [" + source
                            + "] here, or no unicast_peer there");
        }
        if (!peers.isEmpty() && multicast) {
            return refused(
                    DiscardReason.DESTINATION,
                    "it sends VRID " + config.vrid() + " to the multicast group, this node to its unicast_peers "
                            + peers
                            + ", so that both would be Active: set unicast_peers: [] here, or the address of this node as"
                            + " unicast_peer there");
        }
        if (!peers.isEmpty() && !peers.contains(source)) {
            return refused(
                    DiscardReason.PEER_UNKNOWN,
                    "it sends VRID " + config.vrid() + " and is none of the unicast_peers " + peers
                            + ": add it to them, or give the stranger another VRID");
        }
        int least = config.protocol().leastUnicastTtl();
        if (!multicast && datagram.hopLimit() < least) {
            return refused(
                    DiscardReason.TTL,
                    "TTL: " + datagram.hopLimit() + " (expected: " + least + " or more): set unicast_min_ttl: "
                            + datagram.hopLimit() + " if routers stand between the peers");
        }
        return Optional.empty();
    }

    /**
     * Deviation: RFC 9568 §7.1 lets a receiver report another list of addresses. Who advertises none of ours is not a peer that
     * differs but a stranger that uses the number, and giving way to it would leave the addresses to nobody.
     */
    private Optional<Discarded> addresses(Advertisement advertisement, IpFamily family) {
        List<IpAddress> ours = addresses.getOrDefault(family, List.of());
        if (!Collections.disjoint(Set.copyOf(ours), advertisement.addresses())) {
            return Optional.empty();
        }
        return refused(
                DiscardReason.ADDRESSES_FOREIGN,
                "it uses VRID " + config.vrid() + " for " + advertisement.addresses() + ", this node for " + ours
                        + ": give both the same addresses if they are peers, or another vrid to one of them");
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
