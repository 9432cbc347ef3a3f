// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.election.wire.Advertisement;
import io.mainstay.election.wire.Authentication;
import io.mainstay.election.wire.Authentication.SimplePassword;
import io.mainstay.election.wire.DecodeResult.Discarded;
import io.mainstay.election.wire.DiscardReason;
import io.mainstay.election.wire.VrrpVersion;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualRouterId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Which advertisements a virtual router throws away, and what it says about them. */
class ReceptionRulesTest extends VirtualRouterBench {

    private static final Authentication NONE = Authentication.NONE;

    private static Authentication password(String text) {
        return SimplePassword.ofOctets(text.getBytes(StandardCharsets.US_ASCII));
    }

    private void configure(VrrpVersion version, Authentication authentication) {
        router = router(100, true, Duration.ZERO, new ProtocolConfig(version, ChecksumPreference.AUTO, authentication));
    }

    private static Advertisement advertisement(VrrpVersion version, Duration interval, Authentication authentication) {
        return new Advertisement(
                version, new VirtualRouterId(51), new Priority(200), interval, ADDRESSES, authentication);
    }

    private static final IpDatagram BY_MULTICAST = from(PEER, Ipv4Address.VRRP_GROUP, 255);

    private static IpDatagram from(IpAddress source, IpAddress destination, int ttl) {
        return new IpDatagram(source, destination, ttl, new byte[0]);
    }

    private void assertAccepted(Advertisement advertisement) {
        assertThat(router.refusal(advertisement, BY_MULTICAST)).isEmpty();
    }

    private void assertRefused(Advertisement advertisement, DiscardReason reason, String sentence) {
        Optional<Discarded> refusal = router.refusal(advertisement, BY_MULTICAST);
        assertThat(refusal).contains(new Discarded(reason, sentence));
    }

    @Test
    void anotherVersionIsRefusedOnBothSides() {
        configure(VrrpVersion.V3, NONE);
        assertAccepted(advertisement(VrrpVersion.V3, SECOND, NONE));
        assertRefused(
                advertisement(VrrpVersion.V2, SECOND, NONE),
                DiscardReason.VERSION_OTHER,
                "it speaks VRRPv2 for VRID 51, this node VRRPv3, so that both would be Active:"
                        + " set version: 2 here, or version 3 there (keepalived: vrrp_version 3)");
        configure(VrrpVersion.V2, NONE);
        assertAccepted(advertisement(VrrpVersion.V2, SECOND, NONE));
        assertRefused(
                advertisement(VrrpVersion.V3, SECOND, NONE),
                DiscardReason.VERSION_OTHER,
                "it speaks VRRPv3 for VRID 51, this node VRRPv2, so that both would be Active:"
                        + " set version: 3 here, or version 2 there (keepalived: vrrp_version 2)");
    }

    @Test
    void anotherIntervalIsRefusedInVersion2Alone() {
        configure(VrrpVersion.V2, NONE);
        assertRefused(
                advertisement(VrrpVersion.V2, Duration.ofSeconds(3), NONE),
                DiscardReason.INTERVAL_MISMATCH,
                "it advertises VRID 51 every 3s, this node every 1s, which VRRPv2 does not allow:"
                        + " set advertisement_interval: 3s here, or 1s there (keepalived: advert_int 1)");
        configure(VrrpVersion.V3, NONE);
        assertAccepted(advertisement(VrrpVersion.V3, Duration.ofSeconds(3), NONE));
    }

    @Test
    void thePasswordHasToBeTheSame() {
        configure(VrrpVersion.V2, password("1111"));
        assertAccepted(advertisement(VrrpVersion.V2, SECOND, password("1111")));
        assertRefused(
                advertisement(VrrpVersion.V2, SECOND, password("1112")),
                DiscardReason.AUTHENTICATION_DATA,
                "its password for VRID 51 is not the one of this node:"
                        + " set password here and auth_pass there to the same");
        assertRefused(
                advertisement(VrrpVersion.V2, SECOND, NONE),
                DiscardReason.AUTHENTICATION_TYPE,
                "it sends no password for VRID 51, this node wants one:"
                        + " set auth_type PASS and auth_pass there, or no password here");
        configure(VrrpVersion.V2, NONE);
        assertRefused(
                advertisement(VrrpVersion.V2, SECOND, password("1111")),
                DiscardReason.AUTHENTICATION_TYPE,
                "it sends a password for VRID 51, this node has none:"
                        + " set password here, or no authentication there");
    }

    private void configureUnicast(int leastTtl, String... peers) {
        router = router(
                100,
                true,
                Duration.ZERO,
                new ProtocolConfig(
                        VrrpVersion.V3,
                        ChecksumPreference.AUTO,
                        NONE,
                        Stream.of(peers).map(IpAddress::parse).toList(),
                        leastTtl));
    }

    private void assertPath(IpDatagram datagram, DiscardReason reason, String sentence) {
        assertThat(router.refusal(advertisement(VrrpVersion.V3, SECOND, NONE), datagram))
                .contains(new Discarded(reason, sentence));
    }

    @Test
    void aUnicastRouterListensToItsPeersAlone() {
        configureUnicast(255, "198.18.0.30");
        Advertisement advertisement = advertisement(VrrpVersion.V3, SECOND, NONE);
        assertThat(router.refusal(advertisement, from(PEER, OURS, 255))).isEmpty();
        assertPath(
                from(OTHER_PEER, OURS, 255),
                DiscardReason.PEER_UNKNOWN,
                "it sends VRID 51 and is none of the unicast_peers [198.18.0.30]:"
                        + " add it to them, or give the stranger another VRID");
        assertPath(
                BY_MULTICAST,
                DiscardReason.DESTINATION,
                "it sends VRID 51 to the multicast group, this node to its unicast_peers [198.18.0.30], so that both would"
                        + " be Active: set unicast_peers: [] here, or the address of this node as unicast_peer there");
        assertPath(
                from(PEER, OURS, 254),
                DiscardReason.TTL,
                "TTL: 254 (expected: 255 or more): set unicast_min_ttl: 254 if routers stand between the peers");
    }

    @Test
    void aUnicastPeerMayBeAsFarAwayAsIsConfigured() {
        configureUnicast(250, "198.18.0.30");
        Advertisement advertisement = advertisement(VrrpVersion.V3, SECOND, NONE);
        assertThat(router.refusal(advertisement, from(PEER, OURS, 250))).isEmpty();
        assertThat(router.refusal(advertisement, from(PEER, OURS, 249)))
                .map(Discarded::reason)
                .contains(DiscardReason.TTL);
    }

    @Test
    void aMulticastRouterListensToTheGroupAlone() {
        assertPath(
                from(PEER, OURS, 255),
                DiscardReason.DESTINATION,
                "it sends VRID 51 to this node alone, this node to the multicast group, so that both would be Active:"
                        + " set unicast_peers: [198.18.0.30] here, or no unicast_peer there");
    }

    @Test
    void whoHasNoneOfTheAddressesIsAStranger() {
        Advertisement stranger = new Advertisement(
                VrrpVersion.V3,
                new VirtualRouterId(51),
                new Priority(200),
                SECOND,
                List.of(IpAddress.parse("203.0.113.1")));
        assertRefused(
                stranger,
                DiscardReason.ADDRESSES_FOREIGN,
                "it uses VRID 51 for [203.0.113.1], this node for [198.18.0.200]:"
                        + " give both the same addresses if they are peers, or another vrid to one of them");
        assertAccepted(new Advertisement(
                VrrpVersion.V3,
                new VirtualRouterId(51),
                new Priority(200),
                SECOND,
                List.of(IpAddress.parse("203.0.113.1"), IpAddress.parse("198.18.0.200"))));
    }

    @Test
    void theSkewTimeOfVersion2IsAShareOfASecond() {
        Duration interval = Duration.ofSeconds(4);
        Priority priority = new Priority(192);
        Duration ofVersion2 = new ElectionParameters(VrrpVersion.V2, priority, interval, true, Duration.ZERO)
                .activeDownInterval(interval);
        Duration ofVersion3 = new ElectionParameters(VrrpVersion.V3, priority, interval, true, Duration.ZERO)
                .activeDownInterval(interval);
        assertThat(ofVersion2).isEqualTo(Duration.ofMillis(12_250));
        assertThat(ofVersion3).isEqualTo(Duration.ofSeconds(13));
    }
}
