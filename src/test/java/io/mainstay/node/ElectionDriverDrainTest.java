// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.election.AuthenticationConfig;
import io.mainstay.election.ChecksumPreference;
import io.mainstay.election.ProtocolConfig;
import io.mainstay.election.wire.Advertisement;
import io.mainstay.election.wire.AdvertisementEncoder;
import io.mainstay.election.wire.Authentication;
import io.mainstay.election.wire.ChecksumForm;
import io.mainstay.election.wire.VrrpVersion;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualRouterId;
import io.mainstay.observe.EventDraft;
import io.mainstay.observe.EventKind;
import io.mainstay.takeover.AnnounceConfig;
import io.mainstay.takeover.ConnectionDrain;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Connections that live on through a switchover: on the node that hands over, and by the one that takes over. */
class ElectionDriverDrainTest extends ElectionDriverBench {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final String PEER = "198.18.0.11";

    /** Of priority 100 behind an Active that advertises each second. */
    private static final Duration SKEW = Duration.ofNanos(609_375_000);

    private int connections = 3;
    private boolean uncountable;
    private ProtocolConfig protocol = ProtocolConfig.DEFAULT;

    private final ServiceGate counting = new ServiceGate() {
        @Override
        public void open(Set<IpAddress> addresses) {
            gate.open(addresses);
        }

        @Override
        public CompletableFuture<?> close(Set<IpAddress> addresses) {
            return gate.close(addresses);
        }

        @Override
        public void keep(Set<IpAddress> addresses) {
            kernel.deeds.add("keep connections on " + addresses.size());
        }

        @Override
        public CompletableFuture<Integer> connections(Set<IpAddress> addresses) {
            return uncountable
                    ? CompletableFuture.failedFuture(new IllegalStateException("the worker has ended"))
                    : CompletableFuture.completedFuture(connections);
        }
    };

    private ElectionDriver backup() {
        kernel.plug("eth0", 2, "198.18.0.10");
        RouterSetup plain = setup("web", "eth0", 51, 100, protocol, "198.18.0.200/24");
        RouterSetup draining = new RouterSetup(
                plain.config(),
                new AnnounceConfig(1, Duration.ZERO),
                AuthenticationConfig.NONE,
                Optional.empty(),
                Duration.ZERO,
                Optional.empty(),
                Optional.empty(),
                TIMEOUT);
        return new ElectionDriver(List.of(draining), kernel.drainingPorts(), counting, listener);
    }

    private ElectionDriver active() {
        ElectionDriver driver = backup();
        runFor(driver, ACTIVE_DOWN);
        kernel.takeDeeds();
        return driver;
    }

    private ElectionDriver handedOver() {
        ElectionDriver driver = active();
        var unused = driver.handOver("web", Optional.empty());
        driver.runOnce();
        kernel.hear("eth0", PEER, 51, 90);
        runFor(driver, Duration.ofMillis(60));
        return driver;
    }

    /** The peer goes on as Active, as long as it is to be heard. */
    private void runBesidePeer(ElectionDriver driver, Duration duration) {
        for (Duration left = duration; left.isPositive(); left = left.minusMillis(500)) {
            kernel.hear("eth0", PEER, 51, 90);
            runFor(driver, Duration.ofMillis(Math.min(500, left.toMillis())));
        }
    }

    private List<EventDraft> told(String kind) {
        return facts.stream().filter(fact -> fact.kind().equals(kind)).toList();
    }

    private List<IpDatagram> notices(int from) {
        return kernel.sent.subList(from, kernel.sent.size()).stream()
                .filter(datagram -> datagram.payload()[2] == 0)
                .toList();
    }

    @Test
    void theyAreKeptBeforeTheAddressGoesAndTheSuccessorIsToldAlone() {
        ElectionDriver driver = handedOver();
        assertThat(kernel.takeDeeds())
                .containsSubsequence("keep eth0 198.18.0.200", "keep connections on 1", "remove eth0 198.18.0.200/24")
                .doesNotContain("close services on 1");
        int before = kernel.sent.size();
        runBesidePeer(driver, Duration.ofSeconds(2));
        assertThat(notices(before)).hasSizeBetween(3, 5).allSatisfy(notice -> {
            assertThat(notice.source()).isEqualTo(IpAddress.parse("198.18.0.10"));
            assertThat(notice.destination()).isEqualTo(IpAddress.parse(PEER));
        });
        assertThat(stateOf(driver, "web")).isEqualTo("BACKUP");
        assertThat(routerOf(driver, "web").explanation()).endsWith("; 3 connections live on here for up to 8 s");
        assertThat(told(EventKind.DRAINING)).hasSize(1);
    }

    @Test
    void itIsOverSoonAfterTheLastOne() {
        ElectionDriver driver = handedOver();
        runBesidePeer(driver, Duration.ofSeconds(1));
        connections = 0;
        runBesidePeer(driver, Duration.ofMillis(1500));
        assertThat(kernel.takeDeeds()).containsSubsequence("close services on 1", "let go eth0 198.18.0.200");
        assertThat(told(EventKind.DRAINED))
                .singleElement()
                .satisfies(fact -> assertThat(fact.sentence())
                        .isEqualTo("the last of 3 connections that lived on here after the hand-over has ended"));
        int before = kernel.sent.size();
        runBesidePeer(driver, Duration.ofSeconds(2));
        assertThat(notices(before)).isEmpty();
    }

    @Test
    void aCountThatFailsIsToldOnceAndTakenAgain() {
        ElectionDriver driver = handedOver();
        uncountable = true;
        runBesidePeer(driver, Duration.ofSeconds(2));
        assertThat(stateOf(driver, "web")).isEqualTo("BACKUP");
        assertThat(told(EventKind.DRAIN_UNCOUNTED))
                .singleElement()
                .satisfies(
                        fact -> assertThat(fact.sentence()).contains("could not be counted", "the worker has ended"));
        assertThat(told(EventKind.DRAINED)).isEmpty();
        uncountable = false;
        connections = 0;
        runBesidePeer(driver, Duration.ofMillis(1500));
        assertThat(told(EventKind.DRAINED)).hasSize(1);
    }

    @Test
    void whatIsLeftAtTheEndIsReset() {
        ElectionDriver driver = handedOver();
        runBesidePeer(driver, Duration.ofMillis(9_800));
        assertThat(kernel.takeDeeds()).doesNotContain("close services on 1");
        runBesidePeer(driver, Duration.ofMillis(500));
        assertThat(kernel.takeDeeds()).containsSubsequence("close services on 1", "let go eth0 198.18.0.200");
        assertThat(told(EventKind.DRAINED))
                .singleElement()
                .satisfies(fact -> assertThat(fact.sentence()).startsWith("3 of 3 connections"));
    }

    @Test
    void withTheAddressTheyComeBack() {
        ElectionDriver driver = handedOver();
        kernel.takeDeeds();
        kernel.hear("eth0", PEER, 51, 0);
        runFor(driver, Duration.ofSeconds(1));
        assertThat(stateOf(driver, "web")).isEqualTo("ACTIVE");
        assertThat(kernel.takeDeeds())
                .containsSubsequence("add eth0 198.18.0.200/24", "open services on 1", "let go eth0 198.18.0.200")
                .doesNotContain("close services on 1");
    }

    @Test
    void whoIsActiveAgainResignsToNobody() {
        ElectionDriver driver = handedOver();
        int before = kernel.sent.size();
        while (notices(before).isEmpty()) {
            MonotonicInstant next = driver.nextDeadline().orElseThrow();
            runFor(driver, next.isBefore(kernel.now()) ? Duration.ZERO : next.since(kernel.now()));
        }
        // The second notice from here is due at the very moment of the takeover.
        runBesidePeer(driver, ConnectionDrain.NOTICE_PAUSE.multipliedBy(2).minus(SKEW));
        kernel.hear("eth0", PEER, 51, 0);
        before = kernel.sent.size();
        runFor(driver, SKEW);
        assertThat(stateOf(driver, "web")).isEqualTo("ACTIVE");
        assertThat(kernel.sent.subList(before, kernel.sent.size()))
                .extracting(datagram -> datagram.payload()[2])
                .containsSubsequence((byte) 0, (byte) 100)
                .endsWith((byte) 100);
    }

    @Test
    void aHostThatCannotKeepThemResetsThem() {
        kernel.failing.add("keep eth0");
        ElectionDriver driver = handedOver();
        assertThat(kernel.takeDeeds())
                .containsSubsequence("close services on 1", "remove eth0 198.18.0.200/24")
                .doesNotContain("keep connections on 1");
        assertThat(noticeLabels()).contains("connections-not-kept");
        assertThat(driver.nextDeadline()).isPresent();
    }

    @Test
    void aStopWaitsForThemUnlessItIsAskedToHurry() {
        ElectionDriver driver = active();
        CompletableFuture<Void> stopped = driver.stop(Optional.empty());
        driver.runOnce();
        kernel.hear("eth0", PEER, 51, 90);
        int before = kernel.sent.size();
        runFor(driver, Duration.ofSeconds(3));
        assertThat(stopped).isNotDone();
        assertThat(notices(before))
                .as("the successor is told, though this node takes no part any more")
                .isNotEmpty();
        assertThat(kernel.takeDeeds()).contains("remove eth0 198.18.0.200/24").doesNotContain("close services on 1");
        driver.hurry();
        driver.runOnce();
        runFor(driver, Duration.ofMillis(10));
        assertThat(stopped).isCompleted();
        assertThat(kernel.takeDeeds()).containsSubsequence("close services on 1", "let go eth0 198.18.0.200");
    }

    @Test
    void aStopThatWaitsDoesNotSpin() {
        ElectionDriver driver = active();
        var unused = driver.stop(Optional.empty());
        driver.runOnce();
        kernel.hear("eth0", PEER, 51, 90);
        runFor(driver, Duration.ofSeconds(3));
        assertThat(driver.nextDeadline())
                .hasValueSatisfying(next -> assertThat(next.since(kernel.now())).isPositive());
    }

    @Test
    void aTakeoverFromOneThatResignsOpensADetourBeforeTheAddressIsTaken() {
        ElectionDriver driver = backup();
        driver.runOnce();
        kernel.hear("eth0", PEER, 51, 200);
        runFor(driver, Duration.ofMillis(100));
        kernel.takeDeeds();
        kernel.hear("eth0", PEER, 51, 0);
        runFor(driver, Duration.ofSeconds(1));
        assertThat(kernel.takeDeeds())
                .containsSubsequence(
                        "detour 198.18.0.200 by eth0 to " + PEER + " for 300 ms", "add eth0 198.18.0.200/24");
    }

    @Test
    void aTakeoverFromOneThatFellSilentOpensNone() {
        ElectionDriver driver = backup();
        driver.runOnce();
        kernel.hear("eth0", PEER, 51, 200);
        runFor(driver, Duration.ofSeconds(5));
        assertThat(stateOf(driver, "web")).isEqualTo("ACTIVE");
        assertThat(kernel.takeDeeds()).noneMatch(deed -> deed.startsWith("detour"));
    }

    private ElectionDriver tookOver() {
        ElectionDriver driver = backup();
        driver.runOnce();
        kernel.hear("eth0", PEER, 51, 200);
        runFor(driver, Duration.ofMillis(100));
        kernel.hear("eth0", PEER, 51, 0);
        while (!stateOf(driver, "web").equals("ACTIVE")) {
            runFor(driver, Duration.ofMillis(50));
        }
        kernel.takeDeeds();
        return driver;
    }

    private void hearAlone(String source, int hopLimit) {
        hearAlone(source, hopLimit, 0);
    }

    private void hearAlone(String source, int hopLimit, int priority) {
        IpAddress from = IpAddress.parse(source);
        IpAddress to = IpAddress.parse("198.18.0.10");
        Advertisement advertisement = new Advertisement(
                VrrpVersion.V3,
                new VirtualRouterId(51),
                new Priority(priority),
                Duration.ofSeconds(1),
                List.of(IpAddress.parse("198.18.0.200")));
        kernel.hear(
                "eth0",
                new IpDatagram(
                        from,
                        to,
                        hopLimit,
                        AdvertisementEncoder.encode(advertisement, ChecksumForm.PSEUDO_HEADER, from, to)));
    }

    @Test
    void thatConnectionsLiveOnThereIsToldByAResignationToThisNodeAlone() {
        ElectionDriver driver = tookOver();
        hearAlone(PEER, 255);
        driver.runOnce();
        assertThat(kernel.takeDeeds()).contains("detour 198.18.0.200 by eth0 to " + PEER + " for 1500 ms");
        runFor(driver, Duration.ofMillis(1400));
        hearAlone(PEER, 255);
        driver.runOnce();
        assertThat(kernel.takeDeeds()).contains("detour 198.18.0.200 by eth0 to " + PEER + " for 1500 ms");
        runFor(driver, Duration.ofMillis(1500));
        hearAlone(PEER, 255);
        driver.runOnce();
        assertThat(kernel.takeDeeds()).as("too late").noneMatch(deed -> deed.startsWith("detour"));
        assertThat(noticeLabels()).as("and nothing to complain of").isEmpty();
        assertThat(stateOf(driver, "web")).isEqualTo("ACTIVE");
    }

    @Test
    void unicastPeersTellItByTheResignationThatAnActiveNeedNotHeed() {
        protocol = new ProtocolConfig(
                VrrpVersion.V3, ChecksumPreference.AUTO, Authentication.NONE, List.of(IpAddress.parse(PEER)), 255);
        ElectionDriver driver = backup();
        driver.runOnce();
        hearAlone(PEER, 255, 200);
        runFor(driver, Duration.ofMillis(100));
        hearAlone(PEER, 255);
        while (!stateOf(driver, "web").equals("ACTIVE")) {
            runFor(driver, Duration.ofMillis(50));
        }
        assertThat(kernel.takeDeeds()).contains("detour 198.18.0.200 by eth0 to " + PEER + " for 300 ms");
        hearAlone(PEER, 255);
        driver.runOnce();
        assertThat(kernel.takeDeeds()).contains("detour 198.18.0.200 by eth0 to " + PEER + " for 1500 ms");
        assertThat(stateOf(driver, "web")).isEqualTo("ACTIVE");
    }

    @Test
    void strangersAndWhoIsBeyondARouterHaveNoSay() {
        ElectionDriver driver = tookOver();
        hearAlone("198.18.0.12", 255);
        hearAlone(PEER, 254);
        runFor(driver, Duration.ofMillis(10));
        assertThat(kernel.takeDeeds()).noneMatch(deed -> deed.startsWith("detour"));
    }

    @Test
    void aDetourEndsWithTheTimeAsActive() {
        ElectionDriver driver = tookOver();
        kernel.hear("eth0", PEER, 51, 200);
        runFor(driver, Duration.ofMillis(100));
        assertThat(stateOf(driver, "web")).isEqualTo("BACKUP");
        assertThat(kernel.takeDeeds()).containsSubsequence("no detour 198.18.0.200", "keep eth0 198.18.0.200");
    }
}
