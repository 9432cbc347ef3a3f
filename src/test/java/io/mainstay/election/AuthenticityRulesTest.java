// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.election.AuthenticationConfig.Mode;
import io.mainstay.election.wire.Advertisement;
import io.mainstay.election.wire.AdvertisementDecoder;
import io.mainstay.election.wire.AuthenticationKey;
import io.mainstay.election.wire.ChecksumForm;
import io.mainstay.election.wire.DecodeResult.Decoded;
import io.mainstay.election.wire.DecodeResult.Discarded;
import io.mainstay.election.wire.DiscardReason;
import io.mainstay.election.wire.SequenceNumber;
import io.mainstay.election.wire.VrrpVersion;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.IpFamily;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualRouterId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Which advertisements are believed, and what is said of the others; and that what is signed here is believed there. */
class AuthenticityRulesTest {

    private static final VirtualRouterId VRID = new VirtualRouterId(51);
    private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000L);
    private static final IpAddress PEER = IpAddress.parse("192.0.2.252");
    private static final AuthenticationKey KEY = new AuthenticationKey(1, new byte[32]);
    private static final AuthenticationKey NEW_KEY = new AuthenticationKey(2, new byte[40]);

    private static final AuthenticationKey STRANGERS_KEY =
            new AuthenticationKey(1, "0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.US_ASCII));

    private final AuthenticityRules rules = new AuthenticityRules(VRID, config(Mode.ENFORCE, 1, KEY));
    private final AdvertisementSigner peer = new AdvertisementSigner(config(Mode.ENFORCE, 1, KEY));
    private Instant clock = NOW;

    private static AuthenticationConfig config(Mode mode, int active, AuthenticationKey... keys) {
        return new AuthenticationConfig(mode, List.of(keys), active, Duration.ofSeconds(5));
    }

    private IpDatagram said(SequenceNumber number) {
        return said(PEER, number);
    }

    private IpDatagram said(IpAddress source, SequenceNumber number) {
        Advertisement advertisement = new Advertisement(
                VrrpVersion.V3, VRID, new Priority(200), Duration.ofSeconds(1), List.of(IpAddress.parse("192.0.2.1")));
        return new IpDatagram(
                source,
                Ipv4Address.VRRP_GROUP,
                255,
                peer.encode(advertisement, ChecksumForm.RFC9568, source, Ipv4Address.VRRP_GROUP, number));
    }

    private static Decoded decoded(IpDatagram datagram) {
        return (Decoded) AdvertisementDecoder.decode(datagram);
    }

    /** Hands in what was said; empty if it was believed. */
    private Optional<Discarded> hear(IpDatagram datagram) {
        Optional<Discarded> refusal = rules.refusal(decoded(datagram), datagram, clock);
        if (refusal.isEmpty()) {
            notice = rules.accept(decoded(datagram), datagram.source(), clock);
        }
        return refusal;
    }

    private Optional<ElectionNotice> notice = Optional.empty();

    private void assertRefused(IpDatagram datagram, DiscardReason reason, String sentence) {
        assertThat(hear(datagram)).contains(new Discarded(reason, sentence));
    }

    @Test
    void whatIsSignedAndNewIsBelieved() {
        for (int i = 0; i < 3; i++) {
            assertThat(hear(said(peer.next(clock)))).isEmpty();
            assertThat(notice).isEmpty();
            clock = clock.plusMillis(10);
        }
    }

    @Test
    void theFirstNumberOfALifeIsThatOfTheClock() {
        Instant shortlyBeforeNumbersBeginAnew = Instant.ofEpochSecond(0xFFFF_FFFFL);
        assertThat(peer.next(shortlyBeforeNumbersBeginAnew))
                .isEqualTo(SequenceNumber.at(shortlyBeforeNumbersBeginAnew));
    }

    @Test
    void severalMessagesOfTheSameMomentAreBelieved() {
        assertThat(hear(said(peer.next(clock)))).isEmpty();
        assertThat(hear(said(peer.next(clock)))).isEmpty();
    }

    @Test
    void whatIsNotSignedIsNotBelieved() {
        peer.configure(AuthenticationConfig.NONE);
        assertRefused(
                said(peer.next(clock)),
                DiscardReason.TRAILER_MISSING,
                "it does not sign its advertisements of VRID 51, which this node asks for: give it the key (keepalived"
                        + " 2.4.1 or newer: auth_hmac), or set authentication.mode: permissive here until all nodes have"
                        + " it");
    }

    @Test
    void whatIsNotSignedIsBelievedWhileKeysAreGivenOut() {
        for (Mode mode : List.of(Mode.PERMISSIVE, Mode.RECEIVE_ONLY)) {
            rules.configure(config(mode, 1, KEY));
            peer.configure(AuthenticationConfig.NONE);
            assertThat(hear(said(peer.next(clock)))).isEmpty();
            assertThat(notice.map(ElectionNotice::label)).contains("peer-unsigned");
            assertThat(hear(said(peer.next(clock)))).isEmpty();
            assertThat(notice).as("told once").isEmpty();
            peer.configure(config(Mode.ENFORCE, 1, KEY));
            assertThat(hear(said(peer.next(clock)))).isEmpty();
            IpDatagram forged = said(peer.next(clock));
            forged.payload()[2]++;
            assertThat(rules.refusal(
                                    new Decoded(
                                            decoded(said(peer.next(clock))).advertisement(),
                                            ChecksumForm.RFC9568,
                                            decoded(said(peer.next(clock))).trailer()),
                                    forged,
                                    clock)
                            .map(Discarded::reason))
                    .as("a wrong signature is worse than none")
                    .contains(DiscardReason.TRAILER_HMAC);
        }
    }

    @Test
    void aNodeWithoutKeyBelievesEverybodyAndSaysSo() {
        rules.configure(AuthenticationConfig.NONE);
        assertThat(hear(said(peer.next(clock)))).isEmpty();
        assertThat(notice.map(ElectionNotice::label)).contains("peer-signature-unverified");
        assertThat(hear(said(peer.next(clock)))).isEmpty();
        assertThat(notice).as("told once").isEmpty();
    }

    @Test
    void aWrongKeyIsTold() {
        peer.configure(config(Mode.ENFORCE, 2, NEW_KEY));
        assertRefused(
                said(peer.next(clock)),
                DiscardReason.TRAILER_KEY_UNKNOWN,
                "it signs VRID 51 with key 2, this node has [key 1]: put that key into authentication.keys here");
        peer.configure(config(
                Mode.ENFORCE,
                1,
                new AuthenticationKey(1, "another key of thirty-two octets".getBytes(StandardCharsets.US_ASCII))));
        assertRefused(
                said(peer.next(clock)),
                DiscardReason.TRAILER_HMAC,
                "its signature for VRID 51 is not that of key 1: give both nodes the same key under this number; if they"
                        + " have it, somebody forges advertisements");
    }

    /** Each way in which a message can come: version, family, destination, farewell or not. */
    static Stream<Arguments> ways() {
        return Stream.of(
                Arguments.of(VrrpVersion.V3, "192.0.2.252", "224.0.0.18", 200),
                Arguments.of(VrrpVersion.V3, "192.0.2.252", "192.0.2.251", 200),
                Arguments.of(VrrpVersion.V2, "192.0.2.252", "224.0.0.18", 200),
                Arguments.of(VrrpVersion.V2, "192.0.2.252", "192.0.2.251", 0),
                Arguments.of(VrrpVersion.V3, "fe80::fc", "ff02::12", 200),
                Arguments.of(VrrpVersion.V3, "fe80::fc", "fe80::fb", 200),
                Arguments.of(VrrpVersion.V3, "fe80::fc", "ff02::12", 0),
                Arguments.of(VrrpVersion.V3, "192.0.2.252", "224.0.0.18", 0));
    }

    @ParameterizedTest
    @MethodSource("ways")
    void whicheverWayItCameASignatureIsVerifiedAndIsBelievedOnce(
            VrrpVersion version, String source, String destination, int priority) {
        IpAddress from = IpAddress.parse(source);
        Advertisement advertisement = new Advertisement(
                version,
                VRID,
                new Priority(priority),
                Duration.ofSeconds(1),
                List.of(IpAddress.parse(from.family() == IpFamily.IPV4 ? "192.0.2.1" : "fe80::1")));
        AdvertisementSigner stranger = new AdvertisementSigner(config(Mode.ENFORCE, 1, STRANGERS_KEY));
        for (Mode mode : Mode.values()) {
            rules.configure(config(mode, 1, KEY));
            IpDatagram right = sent(peer, advertisement, from, IpAddress.parse(destination));
            IpDatagram forged = sent(stranger, advertisement, from, IpAddress.parse(destination));
            assertThat(hear(forged).map(Discarded::reason)).as("%s", mode).contains(DiscardReason.TRAILER_HMAC);
            assertThat(hear(right)).isEmpty();
            assertThat(hear(right).map(Discarded::reason)).contains(DiscardReason.TRAILER_DUPLICATE);
        }
    }

    private IpDatagram sent(AdvertisementSigner by, Advertisement advertisement, IpAddress from, IpAddress to) {
        return new IpDatagram(from, to, 255, by.encode(advertisement, ChecksumForm.RFC9568, from, to, by.next(clock)));
    }

    @Test
    void aKeyIsReplacedWithoutAGap() {
        rules.configure(config(Mode.ENFORCE, 1, KEY, NEW_KEY));
        assertThat(hear(said(peer.next(clock)))).isEmpty();
        peer.configure(config(Mode.ENFORCE, 2, KEY, NEW_KEY));
        assertThat(hear(said(peer.next(clock)))).isEmpty();
        rules.configure(config(Mode.ENFORCE, 2, NEW_KEY));
        assertThat(hear(said(peer.next(clock)))).isEmpty();
    }

    @Test
    void whatIsSentAgainIsNotBelieved() {
        IpDatagram first = said(peer.next(clock));
        assertThat(hear(first)).isEmpty();
        assertThat(hear(first).map(Discarded::reason)).contains(DiscardReason.TRAILER_DUPLICATE);
        clock = clock.plusSeconds(2);
        assertThat(hear(said(peer.next(clock)))).isEmpty();
        assertRefused(
                first,
                DiscardReason.TRAILER_REPLAYED,
                "it sends for VRID 51 what it signed 2.0s before its last advertisement: somebody sends again what was"
                        + " sent before, or two hosts use its address");
    }

    @Test
    void eachSenderHasNumbersOfItsOwn() {
        IpAddress other = IpAddress.parse("192.0.2.253");
        SequenceNumber early = peer.next(clock);
        assertThat(hear(said(peer.next(clock.plusMillis(500))))).isEmpty();
        assertThat(hear(said(other, early))).isEmpty();
        assertThat(hear(said(early))).isNotEmpty();
    }

    @Test
    void aReloadDoesNotForgetWhatWasHeard() {
        IpDatagram first = said(peer.next(clock));
        assertThat(hear(first)).isEmpty();
        rules.configure(config(Mode.PERMISSIVE, 1, KEY));
        assertThat(hear(first)).isNotEmpty();
    }

    @Test
    void whatIsTooOldOrAheadIsNotBelieved() {
        IpDatagram old = said(peer.next(clock));
        clock = clock.plusMillis(5500);
        assertRefused(
                old,
                DiscardReason.TRAILER_STALE,
                "it signed VRID 51 at a time that is 5.5s behind this node's clock (expected: at most 5.0s): set both"
                        + " clocks by NTP, or raise authentication.window; if they agree, somebody sends again what was"
                        + " sent before");
        clock = NOW.minusSeconds(6);
        assertThat(hear(old).map(Discarded::detail).orElseThrow()).contains("6.0s ahead of this node's clock");
        clock = NOW.plusSeconds(5);
        assertThat(hear(old)).as("just within the window").isEmpty();
    }

    @Test
    void clocksThatDriftApartAreToldBeforeTheyPartTheNodes() {
        clock = NOW.plusSeconds(3);
        assertThat(hear(said(peer.next(NOW)))).isEmpty();
        assertThat(notice.map(ElectionNotice::sentence))
                .contains("the clock of peer 192.0.2.252 is 3.0s behind this node's, and beyond 5.0s its advertisements"
                        + " are not believed: set both by NTP");
        assertThat(hear(said(peer.next(NOW)))).isEmpty();
        assertThat(notice).as("told once").isEmpty();
        assertThat(hear(said(peer.next(clock)))).isEmpty();
        clock = clock.plusSeconds(4);
        assertThat(hear(said(peer.next(clock.minusSeconds(4))))).isEmpty();
        assertThat(notice).as("told again when it comes back").isPresent();
    }

    @Test
    void aSenderWhoseClockWasSetBackIsHeardAgain() {
        clock = NOW.plusSeconds(4);
        assertThat(hear(said(peer.next(NOW.plusSeconds(8))))).isEmpty();
        // The peer's clock is now right, and ten seconds before what it said last.
        clock = NOW.plusSeconds(5);
        SequenceNumber next = peer.next(clock);
        assertThat(hear(said(next))).as("numbered on from the last").isEmpty();
        assertThat(next).isEqualTo(SequenceNumber.at(NOW.plusSeconds(8)).next());
        clock = NOW.minusSeconds(60);
        assertThat(hear(said(peer.next(clock))))
                .as("numbered by the clock again")
                .isEmpty();
        assertThat(peer.last()).isEqualTo(SequenceNumber.at(clock));
    }

    @Test
    void forgedSourcesDriveNoTrueSenderOut() {
        rules.configure(config(Mode.PERMISSIVE, 1, KEY));
        IpDatagram first = said(peer.next(clock));
        assertThat(hear(first)).isEmpty();
        AdvertisementSigner forger = new AdvertisementSigner(AuthenticationConfig.NONE);
        for (int i = 1; i < 200; i++) {
            IpAddress source = IpAddress.parse("198.51.100." + i);
            byte[] octets = forger.encode(
                    decoded(first).advertisement(),
                    ChecksumForm.RFC9568,
                    source,
                    Ipv4Address.VRRP_GROUP,
                    forger.next(clock));
            assertThat(hear(new IpDatagram(source, Ipv4Address.VRRP_GROUP, 255, octets)))
                    .isEmpty();
        }
        assertThat(hear(first)).isNotEmpty();
    }

    @Test
    void whoWasHeardLastIsForgottenLast() {
        IpDatagram first = said(source(0), peer.next(clock));
        assertThat(hear(first)).isEmpty();
        for (int i = 1; i <= 9; i++) {
            assertThat(hear(said(source(i), peer.next(clock)))).isEmpty();
        }
        IpDatagram again = said(source(0), peer.next(clock));
        assertThat(hear(again)).isEmpty();
        for (int i = 10; i <= 16; i++) {
            assertThat(hear(said(source(i), peer.next(clock)))).isEmpty();
        }
        assertThat(hear(again).map(Discarded::reason)).contains(DiscardReason.TRAILER_DUPLICATE);
        assertThat(hear(first).map(Discarded::reason)).contains(DiscardReason.TRAILER_REPLAYED);
    }

    @Test
    void moreSendersThanItRemembersCostNoMemory() {
        rules.configure(config(Mode.PERMISSIVE, 1, KEY));
        peer.configure(AuthenticationConfig.NONE);
        assertThat(hear(said(source(0), peer.next(clock)))).isEmpty();
        assertThat(notice).isPresent();
        for (int i = 1; i <= 16; i++) {
            assertThat(hear(said(source(i), peer.next(clock)))).isEmpty();
        }
        assertThat(hear(said(source(0), peer.next(clock)))).isEmpty();
        assertThat(notice).as("told anew, as it was forgotten").isPresent();
    }

    private static IpAddress source(int number) {
        return IpAddress.parse("198.51.100." + (number + 1));
    }

    @Test
    void theModeSaysWhetherItSigns() {
        for (Mode mode : Mode.values()) {
            assertThat(new AdvertisementSigner(config(mode, 1, KEY)).signs())
                    .as("%s", mode)
                    .isEqualTo(mode != Mode.RECEIVE_ONLY);
        }
    }

    @Test
    void whatIsLaidReadyFitsBetweenWhatIsSaid() {
        SequenceNumber said = peer.next(clock);
        SequenceNumber ready = peer.ahead(clock.plusMillis(15), said);
        SequenceNumber afterThat = peer.ahead(clock.plusMillis(25), ready);
        assertThat(hear(said(said))).isEmpty();
        clock = clock.plusMillis(16);
        assertThat(hear(said(ready))).isEmpty();
        peer.used(ready);
        assertThat(hear(said(peer.next(clock)))).isEmpty();
        assertThat(hear(said(afterThat))).as("a resignation laid ready earlier").isEmpty();
        peer.used(afterThat);
        assertThat(hear(said(peer.next(clock))))
                .as("though the clock is not there yet")
                .isEmpty();
    }
}
