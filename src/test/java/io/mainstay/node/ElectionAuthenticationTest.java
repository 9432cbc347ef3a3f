// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.election.AdvertisementSigner;
import io.mainstay.election.AuthenticationConfig;
import io.mainstay.election.AuthenticityRules;
import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.election.wire.Advertisement;
import io.mainstay.election.wire.AdvertisementDecoder;
import io.mainstay.election.wire.AuthenticationKey;
import io.mainstay.election.wire.ChecksumForm;
import io.mainstay.election.wire.DecodeResult.Decoded;
import io.mainstay.election.wire.DecodeResult.Discarded;
import io.mainstay.election.wire.DiscardReason;
import io.mainstay.election.wire.VrrpVersion;
import io.mainstay.kernel.GuardedRouter;
import io.mainstay.kernel.PreparedAdvertisement;
import io.mainstay.kernel.StoodIn;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualRouterId;
import io.mainstay.takeover.AnnounceConfig;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A driver with a key: what it signs, what it believes, and what it leaves its guard to say. */
class ElectionAuthenticationTest extends ElectionDriverBench {

    private static final Duration TICK = Duration.ofMillis(10);
    private static final AuthenticationConfig SIGNED = config(AuthenticationConfig.Mode.ENFORCE, 1);

    private final StandInGuard guard = new StandInGuard();

    /** A peer with the same key, which hears all that this node says. */
    private final AuthenticityRules peer = new AuthenticityRules(new VirtualRouterId(51), SIGNED);

    private final AdvertisementSigner peersSigner = new AdvertisementSigner(SIGNED);
    private int heard;

    private static AuthenticationConfig config(AuthenticationConfig.Mode mode, int key) {
        return new AuthenticationConfig(
                mode, List.of(new AuthenticationKey(key, new byte[32])), key, Duration.ofSeconds(5));
    }

    @BeforeEach
    void plug() {
        kernel.plug("eth0", 2, "198.18.0.10");
    }

    private ElectionDriver driver(Duration interval, AuthenticationConfig authentication) {
        VirtualRouterConfig alone =
                setup("web", "eth0", 51, 100, "198.18.0.200/24").config();
        return new ElectionDriver(
                List.of(new RouterSetup(
                        new VirtualRouterConfig(
                                alone.name(),
                                alone.interfaceName(),
                                alone.vrid(),
                                alone.priority(),
                                interval,
                                alone.addresses(),
                                alone.protocol(),
                                true,
                                Duration.ZERO),
                        new AnnounceConfig(1, Duration.ZERO),
                        authentication,
                        Optional.empty(),
                        Duration.ZERO,
                        Optional.empty())),
                kernel.ports(guard),
                gate,
                listener);
    }

    private ElectionDriver activeDriver(AuthenticationConfig authentication) {
        ElectionDriver driver = driver(TICK, authentication);
        runFor(driver, Duration.ofMillis(100));
        assertThat(stateOf(driver, "web")).isEqualTo("ACTIVE");
        return driver;
    }

    private Optional<DiscardReason> peerHears(IpDatagram datagram) {
        Decoded decoded = (Decoded) AdvertisementDecoder.decode(datagram);
        Optional<Discarded> refusal = peer.refusal(decoded, datagram, kernel.timeOfDay());
        if (refusal.isEmpty()) {
            peer.accept(decoded, datagram.source(), kernel.timeOfDay());
        }
        return refusal.map(Discarded::reason);
    }

    private void assertPeerBelievesAllSinceThen() {
        assertThat(kernel.sent).hasSizeGreaterThan(heard);
        while (heard < kernel.sent.size()) {
            assertThat(peerHears(kernel.sent.get(heard))).isEmpty();
            heard++;
        }
    }

    private IpDatagram peerSays(int priority) {
        Advertisement advertisement = new Advertisement(
                VrrpVersion.V3,
                new VirtualRouterId(51),
                new Priority(priority),
                TICK,
                List.of(IpAddress.parse("198.18.0.200")));
        IpAddress source = IpAddress.parse("198.18.0.11");
        IpDatagram datagram = new IpDatagram(
                source,
                Ipv4Address.VRRP_GROUP,
                255,
                peersSigner.encode(
                        advertisement,
                        ChecksumForm.RFC9568,
                        source,
                        Ipv4Address.VRRP_GROUP,
                        peersSigner.next(kernel.timeOfDay())));
        kernel.hear("eth0", datagram);
        return datagram;
    }

    private static Map<DiscardReason, Long> discards(ElectionDriver driver) {
        return driver.snapshot().interfaces().getFirst().discards();
    }

    @Test
    void whatItSaysIsBelievedByAPeer() {
        ElectionDriver driver = activeDriver(SIGNED);
        assertPeerBelievesAllSinceThen();
        runFor(driver, Duration.ofMillis(50));
        var unused = driver.stop(Optional.of(Duration.ZERO));
        driver.runOnce();
        assertPeerBelievesAllSinceThen();
        assertThat(kernel.sent.getLast().payload()[2]).isZero();
    }

    @Test
    void itHearsAPeerWithTheKeyAndNobodyElse() {
        ElectionDriver driver = activeDriver(SIGNED);
        kernel.hear("eth0", "198.18.0.66", 51, 254);
        driver.runOnce();
        assertThat(stateOf(driver, "web")).isEqualTo("ACTIVE");
        runFor(driver, Duration.ofMillis(60));
        assertThat(discards(driver)).containsExactly(Map.entry(DiscardReason.TRAILER_MISSING, 1L));
        peerSays(200);
        driver.runOnce();
        assertThat(stateOf(driver, "web")).isEqualTo("BACKUP");
    }

    @Test
    void whatAPeerSaidIsBelievedOnce() {
        ElectionDriver driver = activeDriver(SIGNED);
        IpDatagram first = peerSays(50);
        driver.runOnce();
        kernel.hear("eth0", first);
        driver.runOnce();
        peerSays(50);
        kernel.hear("eth0", first);
        runFor(driver, Duration.ofMillis(60));
        assertThat(discards(driver))
                .containsOnly(
                        Map.entry(DiscardReason.TRAILER_DUPLICATE, 1L), Map.entry(DiscardReason.TRAILER_REPLAYED, 1L));
    }

    @Test
    void anotherKeyIsAskedForOfPeersToo() {
        ElectionDriver driver = activeDriver(SIGNED);
        AuthenticationConfig changed = config(AuthenticationConfig.Mode.ENFORCE, 7);
        driver.authenticate("web", changed);
        driver.runOnce();
        peerSays(200);
        runFor(driver, Duration.ofMillis(60));
        assertThat(stateOf(driver, "web")).isEqualTo("ACTIVE");
        assertThat(discards(driver)).containsOnly(Map.entry(DiscardReason.TRAILER_KEY_UNKNOWN, 1L));
        peersSigner.configure(changed);
        peerSays(200);
        driver.runOnce();
        assertThat(stateOf(driver, "web")).isEqualTo("BACKUP");
    }

    @Test
    void anotherKeyIsTakenUpWithoutAFailover() {
        ElectionDriver driver = activeDriver(SIGNED);
        AuthenticationConfig changed = config(AuthenticationConfig.Mode.ENFORCE, 7);
        driver.authenticate("web", changed);
        runFor(driver, Duration.ofMillis(30));
        assertThat(stateOf(driver, "web")).isEqualTo("ACTIVE");
        assertThat(routerOf(driver, "web").counters().transitions()).isEqualTo(2);
        assertThat(peerHears(kernel.sent.getLast())).contains(DiscardReason.TRAILER_KEY_UNKNOWN);
        peer.configure(changed);
        assertThat(peerHears(kernel.sent.getLast())).isEmpty();
        assertPeerBelievesAllThatIsLaidReady();
    }

    private void assertPeerBelievesAllThatIsLaidReady() {
        GuardedRouter guarded = guard.held.getFirst();
        guarded.advertisements()
                .forEach(each -> assertThat(peerHears(each.datagram())).isEmpty());
        assertThat(peerHears(guarded.resignations().getFirst())).isEmpty();
    }

    @Test
    void itDoesNotSignWhereItOnlyReceives() {
        activeDriver(config(AuthenticationConfig.Mode.RECEIVE_ONLY, 1));
        assertThat(kernel.sent.getLast().payload()).hasSize(12);
        GuardedRouter guarded = guard.held.getFirst();
        assertThat(guarded.advertisements())
                .singleElement()
                .satisfies(each -> assertThat(each.turn()).isEqualTo(PreparedAdvertisement.EVERY_TURN));
    }

    @Test
    void theGuardHasAMessageOfItsOwnForEachTurnOfTheLease() {
        ElectionDriver driver = activeDriver(SIGNED);
        assertPeerBelievesAllSinceThen();
        List<PreparedAdvertisement> ready = guard.held.getFirst().advertisements();
        // The lease is 100 ms long, and the first turn comes after one interval and a half.
        assertThat(ready).hasSize(11);
        kernel.advance(Duration.ofMillis(15));
        for (int i = 0; i < 5; i++) {
            assertThat(ready.get(i).turn()).isEqualTo(i + 1);
            assertThat(peerHears(ready.get(i).datagram())).isEmpty();
            guard.stoodIn = new StoodIn(i + 1, kernel.now());
            kernel.advance(TICK);
        }
        driver.runOnce();
        assertThat(stateOf(driver, "web")).isEqualTo("ACTIVE");
        assertPeerBelievesAllSinceThen();
        assertThat(guard.held.getFirst().advertisements().getFirst().turn()).isEqualTo(6);
    }

    @Test
    void theResignationOfTheGuardIsBelievedAndSoIsWhatTheNodeSaysAfterwards() {
        ElectionDriver driver = activeDriver(SIGNED);
        assertPeerBelievesAllSinceThen();
        GuardedRouter guarded = guard.held.getFirst();
        kernel.advance(Duration.ofMillis(40));
        assertThat(peerHears(guarded.resignations().getFirst())).isEmpty();
        assertThat(peerHears(guarded.resignations().getFirst()))
                .as("the second copy")
                .contains(DiscardReason.TRAILER_DUPLICATE);
        guard.fence(kernel.now());
        driver.runOnce();
        assertThat(stateOf(driver, "web")).isEqualTo("BACKUP");
        runFor(driver, Duration.ofMillis(100));
        assertThat(stateOf(driver, "web")).isEqualTo("ACTIVE");
        assertPeerBelievesAllSinceThen();
    }

    @Test
    void whatWasLaidReadyBeforeTheLastWordIsBelievedTooIfTheNodeDiesBehindIt() {
        ElectionDriver driver = activeDriver(SIGNED);
        GuardedRouter before = guard.held.getFirst();
        runFor(driver, TICK);
        assertPeerBelievesAllSinceThen();
        assertThat(guard.held.getFirst()).isNotEqualTo(before);
        assertThat(peerHears(before.resignations().getFirst())).isEmpty();
    }

    @Test
    void afterManyWordsTheGuardStillHasOneForEachTurnAndEachIsBelieved() {
        ElectionDriver driver = activeDriver(SIGNED);
        runFor(driver, Duration.ofMillis(250));
        assertPeerBelievesAllSinceThen();
        List<PreparedAdvertisement> ready = guard.held.getFirst().advertisements();
        assertThat(ready)
                .extracting(PreparedAdvertisement::turn)
                .containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L, 11L);
        assertPeerBelievesAllThatIsLaidReady();
    }

    @Test
    void whenTheClockOfTheHostWasSetWhatIsLaidReadyFollows() {
        ElectionDriver driver = activeDriver(SIGNED);
        assertPeerBelievesAllSinceThen();
        for (Duration error : List.of(Duration.ofHours(1), Duration.ofHours(-1))) {
            kernel.setClockError(error);
            runFor(driver, TICK.multipliedBy(3));
            assertPeerBelievesAllSinceThen();
            assertThat(peerHears(
                            guard.held.getFirst().advertisements().getFirst().datagram()))
                    .isEmpty();
            assertThat(peerHears(guard.held.getFirst().resignations().getFirst()))
                    .isEmpty();
            // What the guard said counts as said.
            guard.stoodIn = new StoodIn(guard.stoodIn.times() + 1, kernel.now());
            driver.runOnce();
        }
    }

    @Test
    void theGuardFollowsThePeersFormOfChecksum() {
        ElectionDriver driver = activeDriver(AuthenticationConfig.NONE);
        assertThat(formOfTheGuard()).isEqualTo(ChecksumForm.PSEUDO_HEADER);
        peerSays(50);
        driver.runOnce();
        assertThat(stateOf(driver, "web")).isEqualTo("ACTIVE");
        assertThat(formOfTheGuard()).isEqualTo(ChecksumForm.RFC9568);
    }

    private ChecksumForm formOfTheGuard() {
        IpDatagram datagram = guard.held.getFirst().advertisements().getFirst().datagram();
        return ((Decoded) AdvertisementDecoder.decode(datagram)).checksumForm();
    }

    @Test
    void whatASuccessorSaysIsNoReasonToSignAnewWhatTheGuardIsToSay() {
        ElectionDriver driver = activeDriver(SIGNED);
        peerSays(50);
        runFor(driver, TICK.multipliedBy(3));
        var unused = driver.handOver("web", Optional.empty());
        runFor(driver, Duration.ofMillis(5));
        GuardedRouter before = guard.held.getFirst();
        peerSays(200);
        driver.runOnce();
        assertThat(stateOf(driver, "web")).isEqualTo("BACKUP");
        assertThat(guard.held).singleElement().isSameAs(before);
    }

    @Test
    void whenTheClockOfTheHostWasSetBackNothingOfTheOldTimeIsLeftWithTheGuard() {
        ElectionDriver driver = activeDriver(SIGNED);
        assertPeerBelievesAllSinceThen();
        kernel.setClockError(Duration.ofHours(-1));
        runFor(driver, TICK.multipliedBy(3));
        assertPeerBelievesAllSinceThen();
        assertPeerBelievesAllThatIsLaidReady();
    }

    @Test
    void whatTheGuardSaidCountsAsSaidThoughTheClockWasSetBack() {
        ElectionDriver driver = activeDriver(SIGNED);
        assertPeerBelievesAllSinceThen();
        kernel.advance(Duration.ofMillis(15));
        assertThat(peerHears(guard.held.getFirst().advertisements().getFirst().datagram()))
                .isEmpty();
        guard.stoodIn = new StoodIn(1, kernel.now());
        kernel.setClockError(Duration.ofMillis(-100));
        driver.runOnce();
        assertPeerBelievesAllSinceThen();
    }

    @Test
    void atLongIntervalsTheGuardDoesNotStandIn() {
        ElectionDriver driver = driver(Duration.ofSeconds(1), SIGNED);
        runFor(driver, Duration.ofSeconds(5));
        assertThat(stateOf(driver, "web")).isEqualTo("ACTIVE");
        assertThat(guard.held.getFirst().advertisements()).isEmpty();
        assertPeerBelievesAllSinceThen();
        kernel.advance(Duration.ofMillis(700));
        assertThat(peerHears(guard.held.getFirst().resignations().getFirst())).isEmpty();
    }
}
