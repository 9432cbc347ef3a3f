// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.election.AuthenticationConfig;
import io.mainstay.election.ProtocolConfig;
import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.election.wire.Advertisement;
import io.mainstay.election.wire.AdvertisementDecoder;
import io.mainstay.election.wire.AuthenticationKey;
import io.mainstay.election.wire.DecodeResult.Decoded;
import io.mainstay.election.wire.SequenceNumber;
import io.mainstay.election.wire.VrrpVersion;
import io.mainstay.kernel.GuardedRouter;
import io.mainstay.kernel.KernelEvent;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualAddress;
import io.mainstay.net.VirtualRouterId;
import io.mainstay.takeover.AnnounceConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A driver with hundreds of virtual routers, or with one that has hundreds of addresses. */
class ElectionManyRoutersTest extends ElectionDriverBench {

    private static final Duration TICK = Duration.ofMillis(10);

    private final StandInGuard guard = new StandInGuard();

    @BeforeEach
    void plug() {
        kernel.plug("eth0", 2, "198.18.0.10");
        kernel.plug("eth1", 3, "198.18.0.10");
    }

    private static VirtualAddress address(String interfaceName, int vrid) {
        return VirtualAddress.parse((interfaceName.equals("eth0") ? "198.18.1." : "198.18.2.") + vrid + "/32");
    }

    private void peerAdvertises(String interfaceName, int vrid) {
        kernel.hear(
                interfaceName,
                "198.18.0.11",
                new Advertisement(
                        VrrpVersion.V3,
                        new VirtualRouterId(vrid),
                        new Priority(200),
                        Duration.ofSeconds(1),
                        List.of(address(interfaceName, vrid).address())));
    }

    private void peerAdvertisesAll() {
        for (String interfaceName : List.of("eth0", "eth1")) {
            IntStream.rangeClosed(1, 255).forEach(vrid -> peerAdvertises(interfaceName, vrid));
        }
    }

    @Test
    void afterAPauseAllThatPeersSaidIsJudgedBeforeAnyDeadline() {
        List<RouterSetup> setups = new ArrayList<>();
        for (String interfaceName : List.of("eth0", "eth1")) {
            IntStream.rangeClosed(1, 255)
                    .forEach(vrid -> setups.add(setup(
                            interfaceName + "-" + vrid,
                            interfaceName,
                            vrid,
                            100,
                            address(interfaceName, vrid).toString())));
        }
        ElectionDriver driver = driver(setups.toArray(RouterSetup[]::new));
        driver.runOnce();
        peerAdvertisesAll();
        driver.runOnce();
        transitions.clear();
        // Longer than the active-down interval, not so long that a Backup listens once more in any case.
        peerAdvertisesAll();
        peerAdvertisesAll();
        peerAdvertisesAll();
        kernel.advance(ACTIVE_DOWN.plus(Duration.ofMillis(500)));
        driver.runOnce();
        assertThat(transitions).isEmpty();
        assertThat(kernel.waiting).isEmpty();
    }

    @Test
    void whatArrivesWhileManyAreDueIsHeardBeforeTheRestIsJudged() {
        ElectionDriver driver = driver(IntStream.rangeClosed(1, 100)
                .mapToObj(vrid -> setup(
                        "r" + vrid, "eth0", vrid, 100, address("eth0", vrid).toString()))
                .toArray(RouterSetup[]::new));
        driver.runOnce();
        transitions.clear();
        kernel.setCostOfSending(Duration.ofMillis(1));
        kernel.advance(ACTIVE_DOWN);
        driver.runOnce();
        assertThat(transitions).hasSizeBetween(1, 20).allMatch(each -> each.contains("BACKUP ACTIVE"));
        int moved = transitions.size();
        IntStream.rangeClosed(1, 100).forEach(vrid -> peerAdvertises("eth0", vrid));
        runFor(driver, Duration.ofMillis(500));
        assertThat(transitions.stream().filter(each -> each.contains("BACKUP ACTIVE")))
                .as("those that had not been judged yet heard the peer")
                .hasSize(moved);
    }

    @Test
    void theKernelIsNotAskedForEachAddressThatThisNodeHasAddedItself() {
        String[] many = IntStream.rangeClosed(1, 200)
                .mapToObj(number -> address("eth0", number).toString())
                .toArray(String[]::new);
        ElectionDriver driver = driver(setup("web", "eth0", 51, 255, many));
        runFor(driver, Duration.ofMillis(10));
        assertThat(routerOf(driver, "web").addressesHeld()).hasSize(200);
        int listings = kernel.listings();
        for (VirtualAddress held : routerOf(driver, "web").addressesHeld()) {
            kernel.waiting.add(new KernelEvent.AddressAdded(new InterfaceName("eth0"), held));
        }
        driver.runOnce();
        assertThat(kernel.listings()).isEqualTo(listings);
    }

    private RouterSetup signed(int number) {
        return new RouterSetup(
                new VirtualRouterConfig(
                        "r" + number,
                        new InterfaceName("eth0"),
                        new VirtualRouterId(number),
                        new Priority(100),
                        TICK,
                        List.of(address("eth0", number)),
                        ProtocolConfig.DEFAULT,
                        true,
                        Duration.ZERO),
                new AnnounceConfig(1, Duration.ZERO),
                new AuthenticationConfig(
                        AuthenticationConfig.Mode.ENFORCE,
                        List.of(new AuthenticationKey(1, new byte[32])),
                        1,
                        Duration.ofSeconds(5)),
                Optional.empty(),
                // Each at a moment of its own.
                Duration.ofNanos(number * 250_000L),
                Optional.empty());
    }

    @Test
    void whatTheGuardIsToSayIsLaidAnewOnceInAWhileForAllAndIsAlwaysNewerThanTheirLastWord() {
        ElectionDriver driver = new ElectionDriver(
                IntStream.rangeClosed(1, 40).mapToObj(this::signed).toList(), kernel.ports(guard), gate, listener);
        runFor(driver, Duration.ofMillis(200));
        assertThat(guard.held).hasSize(40);
        int lists = guard.lists;
        for (int turn = 0; turn < 400; turn++) {
            kernel.advance(Duration.ofNanos(250_000));
            driver.runOnce();
            assertPreparedIsNewer();
        }
        assertThat(transitions).noneMatch(each -> each.contains("ACTIVE BACKUP"));
        // Ten intervals, four times in each.
        assertThat(guard.lists - lists).isBetween(10, 41);
    }

    private void assertPreparedIsNewer() {
        Map<Integer, SequenceNumber> said = new HashMap<>();
        kernel.sent.forEach(datagram -> said.put(vrid(datagram), sequence(datagram)));
        for (GuardedRouter router : guard.held) {
            IpDatagram first = router.advertisements().getFirst().datagram();
            IpDatagram resignation = router.resignations().getFirst();
            SequenceNumber last = Objects.requireNonNull(said.get(vrid(first)));
            assertThat(sequence(first).isAfter(last)).isTrue();
            assertThat(sequence(resignation).isAfter(last)).isTrue();
        }
        kernel.sent.subList(0, Math.max(0, kernel.sent.size() - 100)).clear();
    }

    private static int vrid(IpDatagram datagram) {
        return datagram.payload()[1] & 0xFF;
    }

    private static SequenceNumber sequence(IpDatagram datagram) {
        Decoded decoded = (Decoded) AdvertisementDecoder.decode(datagram);
        return decoded.trailer().orElseThrow().sequence();
    }
}
