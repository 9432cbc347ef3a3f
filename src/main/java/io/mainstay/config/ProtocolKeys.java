// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.config.Schema.VirtualRouter;
import io.mainstay.config.WrittenSection.Item;
import io.mainstay.election.ChecksumPreference;
import io.mainstay.election.ProtocolConfig;
import io.mainstay.election.wire.Authentication;
import io.mainstay.election.wire.Authentication.SimplePassword;
import io.mainstay.election.wire.VrrpVersion;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpFamily;
import io.mainstay.net.Ipv6Address;
import io.mainstay.net.VirtualAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The keys of a virtual router that say which protocol it speaks with its peers, and what must hold between them. */
final class ProtocolKeys {

    private static final Pattern PASSWORD_TEXT = Pattern.compile("[\\x21-\\x7E]{0,8}");
    private static final int MOST_TTL = 255;

    static final Key.Scalar<VrrpVersion> VERSION = Key.optional(
            "version",
            ScalarTypes.number(2, 3, VrrpVersion::ofNumber, VrrpVersion::number),
            VrrpVersion.V3,
            "The version of VRRP, the same on each node. keepalived speaks 2 unless it has vrrp_version 3. Version 2 knows"
                    + " IPv4 and whole seconds only, and all nodes must have the same advertisement_interval.");

    static final Key.Scalar<ChecksumPreference> CHECKSUM = Key.optional(
            "checksum",
            ScalarTypes.word(ChecksumPreference.class),
            ChecksumPreference.AUTO,
            "Which form of the IPv4 checksum is sent: that of RFC 9568, that with a pseudo-header as keepalived sends"
                    + " it, or the one that the peer uses. Both are always accepted.");

    static final Key.Scalar<Authentication> PASSWORD = Key.optional(
            "password",
            new ScalarType<>(
                    "1..8 printable ASCII characters, or \"\" for none",
                    ScalarType.Form.SECRET,
                    ProtocolKeys::authentication,
                    ProtocolKeys::text),
            Authentication.NONE,
            "With version 2: the simple password (keepalived: auth_type PASS). It travels in clear text and keeps strangers"
                    + " apart, not enemies out.");

    static final Key.Values<IpAddress> UNICAST_PEERS = new Key.Values<>(
            "unicast_peers",
            ScalarTypes.hostAddress(),
            0,
            64,
            false,
            "The other nodes, where the network carries no multicast: advertisements go to these addresses and are taken from"
                    + " them alone. With addresses of both families, name peers of both. Empty: the multicast group.");

    static final Key.Scalar<Integer> UNICAST_MIN_TTL = Key.optional(
            "unicast_min_ttl",
            ScalarTypes.integer(1, MOST_TTL),
            MOST_TTL,
            "With unicast_peers: the least TTL with which an advertisement may arrive. It starts with 255 and each router on"
                    + " the way takes one off, so 255 keeps out whatever comes from beyond the segment.");

    private ProtocolKeys() {}

    private static Authentication authentication(String text) {
        if (!PASSWORD_TEXT.matcher(text).matches()) {
            throw new IllegalArgumentException("password");
        }
        return text.isEmpty() ? Authentication.NONE : SimplePassword.ofOctets(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String text(Authentication authentication) {
        return switch (authentication) {
            case Authentication.None none -> "";
            case SimplePassword password -> new String(password.octets(), StandardCharsets.US_ASCII);
        };
    }

    static ProtocolConfig read(WrittenSection router) {
        return new ProtocolConfig(
                ConfigBuilder.get(router, VERSION),
                ConfigBuilder.get(router, CHECKSUM),
                ConfigBuilder.get(router, PASSWORD),
                router.items(UNICAST_PEERS).stream().map(Item::value).toList(),
                ConfigBuilder.get(router, UNICAST_MIN_TTL));
    }

    static void check(WrittenSection router, Problems problems) {
        if (router.value(VERSION) == VrrpVersion.V2) {
            checkVersion2(router, problems);
        } else if (router.has(PASSWORD) && !Authentication.NONE.equals(router.value(PASSWORD))) {
            problems.error(
                    router.placeOf(PASSWORD),
                    router.pathOf(PASSWORD),
                    "given (expected: with version: 2 only; VRRPv3 has no password)");
        }
        checkPeers(router, problems);
    }

    private static void checkPeers(WrittenSection router, Problems problems) {
        List<Item<IpAddress>> peers = router.items(UNICAST_PEERS);
        if (peers.isEmpty()) {
            Integer least = router.value(UNICAST_MIN_TTL);
            if (least != null && least != MOST_TTL) {
                problems.warn(
                        router.placeOf(UNICAST_MIN_TTL),
                        router.pathOf(UNICAST_MIN_TTL),
                        "has no effect: there are no unicast_peers");
            }
            return;
        }
        Set<IpAddress> known = new HashSet<>();
        Set<IpAddress> virtual = router.items(VirtualRouter.ADDRESSES).stream()
                .map(item -> item.value().address())
                .collect(Collectors.toSet());
        for (Item<IpAddress> peer : peers) {
            if (virtual.contains(peer.value())) {
                refuse(peer, "an address that stays with its node; this one is virtual", problems);
            } else if (!known.add(peer.value())) {
                refuse(peer, "each peer once", problems);
            } else if (isLinkLocal(peer.value()) != isLinkLocal(firstOfIpv6(peers))
                    && peer.value().family() == IpFamily.IPV6) {
                refuse(peer, "either link-local addresses alone or none, as " + firstOfIpv6(peers) + " is", problems);
            }
        }
        for (IpFamily family : IpFamily.values()) {
            boolean wanted = virtual.stream().anyMatch(address -> address.family() == family);
            boolean named = known.stream().anyMatch(address -> address.family() == family);
            if (wanted && !named) {
                problems.error(
                        router.placeOf(UNICAST_PEERS),
                        router.pathOf(UNICAST_PEERS),
                        "no " + family + " address (expected: peers of each family that the addresses have)");
            }
        }
    }

    private static void refuse(Item<IpAddress> peer, String expected, Problems problems) {
        problems.refuse(peer.place(), peer.path(), peer.value().toString(), expected);
    }

    private static @Nullable IpAddress firstOfIpv6(List<Item<IpAddress>> peers) {
        return peers.stream()
                .map(Item::value)
                .filter(peer -> peer.family() == IpFamily.IPV6)
                .findFirst()
                .orElse(null);
    }

    private static boolean isLinkLocal(@Nullable IpAddress address) {
        return address instanceof Ipv6Address ipv6 && ipv6.isLinkLocal();
    }

    private static void checkVersion2(WrittenSection router, Problems problems) {
        for (Item<VirtualAddress> address : router.items(VirtualRouter.ADDRESSES)) {
            if (address.value().address().family() == IpFamily.IPV6) {
                problems.refuse(
                        address.place(),
                        address.path(),
                        address.value().toString(),
                        "IPv4 with version: 2; IPv6 needs version: 3");
            }
        }
        Duration interval = router.value(VirtualRouter.ADVERTISEMENT_INTERVAL);
        if (interval != null && interval.toMillisPart() != 0) {
            problems.refuse(
                    router.placeOf(VirtualRouter.ADVERTISEMENT_INTERVAL),
                    router.pathOf(VirtualRouter.ADVERTISEMENT_INTERVAL),
                    Durations.format(interval),
                    "whole seconds with version: 2, such as 1s; shorter ones need version: 3");
        }
        if (router.has(CHECKSUM)) {
            problems.warn(
                    router.placeOf(CHECKSUM), router.pathOf(CHECKSUM), "has no effect: version 2 has one form only");
        }
    }
}
