// SPDX-License-Identifier: Apache-2.0
package io.mainstay.fuzz;

import io.mainstay.election.AuthenticationConfig;
import io.mainstay.election.AuthenticityRules;
import io.mainstay.election.ChecksumPreference;
import io.mainstay.election.ProtocolConfig;
import io.mainstay.election.VirtualRouter;
import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.election.wire.Advertisement;
import io.mainstay.election.wire.AdvertisementDecoder;
import io.mainstay.election.wire.AdvertisementEncoder;
import io.mainstay.election.wire.Authentication;
import io.mainstay.election.wire.AuthenticationKey;
import io.mainstay.election.wire.AuthenticationTrailer;
import io.mainstay.election.wire.ChecksumForm;
import io.mainstay.election.wire.DecodeResult;
import io.mainstay.election.wire.SequenceNumber;
import io.mainstay.election.wire.VrrpVersion;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.InternetChecksum;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.IpFamily;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Ipv6Address;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualAddress;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The decoder of advertisements, and the election behind it. The first octet of an input says over which family it came, how, and
 * whether its checksum is put right, which no search finds by itself; the second is the TTL; the rest is the message.
 */
public final class AdvertisementFuzz {

    private static final int HEAD = 2;
    private static final int OVER_IPV6 = 1;
    private static final int BY_UNICAST = 2;
    private static final int RIGHT_CHECKSUM = 4;
    private static final int OF_VERSION_2 = 8;
    private static final int VRRP = 112;

    private static final IpAddress PEER4 = IpAddress.parse("192.0.2.252");
    private static final IpAddress PEER6 = IpAddress.parse("fe80::fc");
    private static final IpAddress OURS4 = IpAddress.parse("192.0.2.251");
    private static final IpAddress OURS6 = IpAddress.parse("fe80::fb");
    private static final AuthenticationKey KEY = new AuthenticationKey(1, new byte[AuthenticationKey.SHORTEST]);
    private static final Instant NOW = Instant.ofEpochSecond(0x6800_0000L);
    private static final MonotonicInstant START = new MonotonicInstant(1_000_000_000);

    private AdvertisementFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length < HEAD) {
            return;
        }
        boolean ipv6 = (input[0] & OVER_IPV6) != 0;
        boolean unicast = (input[0] & BY_UNICAST) != 0;
        IpAddress source = ipv6 ? PEER6 : PEER4;
        IpAddress group = ipv6 ? Ipv6Address.VRRP_GROUP : Ipv4Address.VRRP_GROUP;
        byte[] message = Arrays.copyOfRange(input, HEAD, input.length);
        if ((input[0] & RIGHT_CHECKSUM) != 0) {
            putChecksum(message, ipv6, source, ipv6 && unicast ? OURS6 : group);
        }
        IpDatagram datagram =
                new IpDatagram(source, unicast ? (ipv6 ? OURS6 : OURS4) : group, input[1] & 0xFF, message);
        switch (AdvertisementDecoder.decode(datagram)) {
            case DecodeResult.Discarded discarded -> Claims.oneLine(discarded.detail());
            case DecodeResult.Decoded decoded -> {
                readsBack(decoded, datagram);
                isVerified(decoded, datagram);
                isJudged(decoded, datagram, (input[0] & OF_VERSION_2) != 0 && !ipv6);
            }
        }
    }

    /** Of IPv4 the form of RFC 9568, of as much as the message says that it is long. */
    private static void putChecksum(byte[] message, boolean ipv6, IpAddress source, IpAddress destination) {
        if (message.length < 8) {
            return;
        }
        int addresses = (message[3] & 0xFF) * (ipv6 ? 16 : 4);
        int said = 8 + addresses + (message[0] >>> 4 == 2 ? 8 : 0);
        int length = ipv6 ? message.length : Math.min(said, message.length);
        message[6] = 0;
        message[7] = 0;
        long sum = InternetChecksum.sum(message, 0, length);
        if (ipv6) {
            sum += InternetChecksum.sumOfPseudoHeader(source, destination, VRRP, length);
        }
        int checksum = InternetChecksum.of(sum);
        message[6] = (byte) (checksum >>> 8);
        message[7] = (byte) checksum;
    }

    private static void readsBack(DecodeResult.Decoded decoded, IpDatagram datagram) {
        byte[] again = AdvertisementEncoder.encode(
                decoded.advertisement(), decoded.checksumForm(), datagram.source(), datagram.destination());
        DecodeResult result =
                AdvertisementDecoder.decode(new IpDatagram(datagram.source(), datagram.destination(), 255, again));
        if (!(result instanceof DecodeResult.Decoded second)
                || !second.advertisement().equals(decoded.advertisement())) {
            throw new AssertionError(decoded + " reads back as " + result);
        }
        // A sum that is right in two forms at once is told as the first of them.
        ChecksumForm form = second.checksumForm();
        if (form != decoded.checksumForm() && form != ChecksumForm.RFC9568 && form != ChecksumForm.PSEUDO_HEADER) {
            throw new AssertionError(decoded + " reads back in another form: " + form);
        }
    }

    /** A signature is believed or refused with a sentence, and one that is made anew is right. */
    private static void isVerified(DecodeResult.Decoded decoded, IpDatagram datagram) {
        AuthenticationConfig signed = new AuthenticationConfig(
                AuthenticationConfig.Mode.ENFORCE, List.of(KEY), KEY.id(), Duration.ofSeconds(5));
        AuthenticityRules rules = new AuthenticityRules(decoded.advertisement().vrid(), signed);
        rules.refusal(decoded, datagram, NOW).ifPresent(discarded -> Claims.oneLine(discarded.detail()));
        rules.accept(decoded, datagram.source(), NOW).ifPresent(notice -> Claims.oneLine(notice.sentence()));
        SequenceNumber number =
                decoded.trailer().map(AuthenticationTrailer::sequence).orElse(SequenceNumber.at(NOW));
        byte[] octets = AdvertisementEncoder.encode(
                decoded.advertisement(),
                decoded.checksumForm(),
                datagram.source(),
                datagram.destination(),
                KEY,
                number);
        IpDatagram again = new IpDatagram(datagram.source(), datagram.destination(), 255, octets);
        if (!(AdvertisementDecoder.decode(again) instanceof DecodeResult.Decoded second)
                || !second.trailer().equals(Optional.of(new AuthenticationTrailer(KEY.id(), number)))
                || !AuthenticationTrailer.verifies(again, KEY)) {
            throw new AssertionError(decoded + " cannot be signed");
        }
    }

    /** A Backup and an Active take it in, or refuse it with a sentence; either comes to rest. */
    private static void isJudged(DecodeResult.Decoded decoded, IpDatagram datagram, boolean version2) {
        for (boolean active : List.of(false, true)) {
            VirtualRouter router = new VirtualRouter(config(decoded.advertisement(), version2));
            router.onLinkUp(sources(router), START);
            comeToRest(router);
            MonotonicInstant now = START.plus(Duration.ofSeconds(active ? 5 : 1));
            router.onTime(now);
            comeToRest(router);
            router.refusal(decoded.advertisement(), datagram)
                    .ifPresent(discarded -> Claims.oneLine(discarded.detail()));
            router.onAdvertisement(decoded.advertisement(), decoded.checksumForm(), datagram.source(), now);
            comeToRest(router);
        }
    }

    private static VirtualRouterConfig config(Advertisement heard, boolean version2) {
        ProtocolConfig protocol = new ProtocolConfig(
                version2 ? VrrpVersion.V2 : VrrpVersion.V3, ChecksumPreference.AUTO, Authentication.NONE);
        return new VirtualRouterConfig(
                "web",
                new InterfaceName("eth0"),
                heard.vrid(),
                new Priority(100),
                Duration.ofSeconds(1),
                version2
                        ? List.of(VirtualAddress.parse("192.0.2.1/24"))
                        : List.of(VirtualAddress.parse("192.0.2.1/24"), VirtualAddress.parse("2001:db8::1/64")),
                protocol,
                true,
                Duration.ZERO);
    }

    private static Map<IpFamily, IpAddress> sources(VirtualRouter router) {
        return router.config().families().contains(IpFamily.IPV6)
                ? Map.of(IpFamily.IPV4, OURS4, IpFamily.IPV6, OURS6)
                : Map.of(IpFamily.IPV4, OURS4);
    }

    private static void comeToRest(VirtualRouter router) {
        for (int i = 0; i < 100; i++) {
            boolean change = router.pollStateChange() != null;
            boolean notice = router.pollNotice() != null;
            boolean action = router.pollAction() != null;
            if (!change && !notice && !action) {
                return;
            }
        }
        throw new AssertionError("the election does not come to rest");
    }
}
