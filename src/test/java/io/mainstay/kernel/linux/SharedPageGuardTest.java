// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mainstay.kernel.Fence;
import io.mainstay.kernel.Guard;
import io.mainstay.kernel.GuardedRouter;
import io.mainstay.kernel.NoGuard;
import io.mainstay.kernel.PreparedAdvertisement;
import io.mainstay.kernel.StoodIn;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.VirtualAddress;
import io.mainstay.time.MonotonicInstant;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedPageGuardTest {

    private static final InterfaceName ETH0 = new InterfaceName("eth0");
    private static final MonotonicInstant SOON = new MonotonicInstant(5_000_000_000L);
    private static final MonotonicInstant LATER = new MonotonicInstant(6_000_000_000L);

    @TempDir
    private Path folder;

    private GuardPageFile page;
    private Guard guard;

    @BeforeEach
    void open() throws IOException {
        page = GuardPageFile.create(folder.resolve("page"));
        guard = SharedPageGuard.open(page.path());
    }

    private static GuardedRouter router(int addresses) {
        return new GuardedRouter(
                0,
                ETH0,
                2,
                Collections.nCopies(addresses, VirtualAddress.parse("198.18.0.10/24")),
                List.of(),
                List.of());
    }

    @Test
    void armedLeaseIsTheDeadlineInNanoseconds() throws IOException {
        assertThat(guard.arm(SOON)).isTrue();
        assertThat(page.getLong(GuardPageLayout.LEASE_OFFSET)).isEqualTo(SOON.nanos());
        assertThat(guard.arm(LATER)).isTrue();
        assertThat(page.getLong(GuardPageLayout.LEASE_OFFSET)).isEqualTo(LATER.nanos());
        assertThat(guard.fenced()).isEmpty();
    }

    @Test
    void disarmedLeaseIsZero() throws IOException {
        assertThat(guard.arm(SOON)).isTrue();
        guard.disarm();
        assertThat(page.getLong(GuardPageLayout.LEASE_OFFSET)).isZero();
    }

    @Test
    void fencedNodeIsRefusedUntilItAcknowledges() throws IOException {
        assertThat(guard.arm(SOON)).isTrue();
        page.fence(2, 5_100_000_000L, 100_000_000L);

        assertThat(guard.arm(LATER)).isFalse();
        guard.disarm();
        assertThat(guard.arm(LATER)).isFalse();
        assertThat(guard.fenced())
                .contains(new Fence(
                        Fence.Reason.MACHINE_STALLED, new MonotonicInstant(5_100_000_000L), Duration.ofMillis(100)));

        guard.acknowledge();
        assertThat(guard.fenced()).isEmpty();
        assertThat(page.getLong(GuardPageLayout.LEASE_OFFSET)).isZero();
        assertThat(guard.arm(LATER)).isTrue();
    }

    @Test
    void everyReasonOfTheGuardHasItsName() throws IOException {
        List<Fence.Reason> inOrder = List.of(
                Fence.Reason.DEADLINE_MISSED,
                Fence.Reason.MACHINE_STALLED,
                Fence.Reason.MACHINE_SUSPENDED,
                Fence.Reason.ELECTION_ENDED,
                Fence.Reason.PROCESS_STOPPED);
        for (int number = 1; number <= inOrder.size(); number++) {
            page.fence(number, 1, 1);
            assertThat(guard.fenced().map(Fence::reason)).contains(inOrder.get(number - 1));
        }
        page.fence(6, 1, 1);
        assertThatThrownBy(guard::fenced).hasMessage("reason of a fence: 6 (expected: 1..5)");
    }

    @Test
    void acknowledgingAnUnfencedNodeKeepsItsLease() throws IOException {
        assertThat(guard.arm(SOON)).isTrue();
        guard.acknowledge();
        assertThat(page.getLong(GuardPageLayout.LEASE_OFFSET)).isEqualTo(SOON.nanos());
    }

    @Test
    void acknowledgingEmptiesTheList() throws IOException {
        guard.holding(List.of(router(3)));
        page.fence(1, 1, 1);
        guard.acknowledge();
        long generation = page.getLong(GuardPageLayout.GENERATION_OFFSET);
        assertThat(generation).isEqualTo(2);
        assertThat(page.getLong(GuardPageLayout.SLOT_OFFSET)).isZero();
    }

    @Test
    void listIsWrittenBesideTheOneInForce() throws IOException {
        guard.holding(List.of(router(1)));
        long second = page.getLong(GuardPageLayout.SLOT_OFFSET + GuardPageLayout.SLOT_OCTETS);
        guard.holding(List.of(router(2)));
        assertThat(page.getLong(GuardPageLayout.SLOT_OFFSET + GuardPageLayout.SLOT_OCTETS))
                .isEqualTo(second);
        assertThat(page.getLong(GuardPageLayout.GENERATION_OFFSET)).isEqualTo(2);
    }

    @Test
    void whatDoesNotFitIsLeftOutAsAWholeAndTheRestIsGuarded() throws IOException {
        int fitting = (GuardPageLayout.SLOT_OCTETS - GuardPageLayout.SLOT_HEAD_OCTETS) / 40;
        assertThat(guard.holding(List.of(router(fitting)))).isZero();
        assertThat(page.getLong(slot(1))).isEqualTo(head(fitting, fitting * 40));
        assertThat(guard.holding(List.of(router(3), router(fitting), router(4))))
                .isEqualTo(1);
        assertThat(page.getLong(slot(2))).isEqualTo(head(7, 7 * 40));
    }

    @Test
    void hundredsOfRoutersShareTheRoomForWhatTheGuardSaysInTheirPlace() throws IOException {
        IpDatagram word = new IpDatagram(IpAddress.parse("198.18.0.1"), Ipv4Address.VRRP_GROUP, 255, new byte[40]);
        List<PreparedAdvertisement> turns = LongStream.rangeClosed(1, 12)
                .mapToObj(turn -> new PreparedAdvertisement(turn, word))
                .toList();
        List<GuardedRouter> routers = IntStream.range(0, 510)
                .mapToObj(number -> new GuardedRouter(
                        number, ETH0, 2, List.of(VirtualAddress.parse("198.18.0.10/24")), turns, List.of(word)))
                .toList();
        assertThat(guard.holding(routers)).isZero();
        // An address and a resignation take 40 and 96 octets; of what is left each has room for so many words of 96.
        int each = ((GuardPageLayout.SLOT_OCTETS - 8) / 510 - 136) / 96;
        assertThat(each).isEqualTo(9);
        int records = ByteBuffer.allocate(8)
                .order(ByteOrder.nativeOrder())
                .putLong(0, page.getLong(slot(1)))
                .getInt(0);
        int most = (GuardPageLayout.SLOT_OCTETS - 8 - 510 * 136) / 96;
        assertThat(records).isBetween(510 * (2 + each), 510 * 2 + most);
    }

    private static long slot(long generation) {
        return GuardPageLayout.SLOT_OFFSET + (generation & 1) * GuardPageLayout.SLOT_OCTETS;
    }

    /** How a list begins. */
    private static long head(int records, int octets) {
        return ByteBuffer.allocate(8)
                .order(ByteOrder.nativeOrder())
                .putInt(records)
                .putInt(octets)
                .getLong(0);
    }

    @Test
    void theGuardIsToldFromWhenOnToSpeak() throws IOException {
        long voice = GuardPageLayout.voice(7);
        guard.standInFrom(7, Duration.ofMillis(10), Optional.of(SOON));
        assertThat(page.getLong(voice + GuardPageLayout.VOICE_DUE)).isEqualTo(SOON.nanos());
        assertThat(page.getLong(voice + GuardPageLayout.VOICE_INTERVAL)).isEqualTo(10_000_000);
        guard.standInFrom(7, Duration.ofMillis(10), Optional.empty());
        assertThat(page.getLong(voice + GuardPageLayout.VOICE_DUE)).isZero();
    }

    @Test
    void whatTheGuardSaidIsReadBack() throws IOException {
        assertThat(guard.stoodIn(7).times()).isZero();
        page.putLong(GuardPageLayout.voice(7) + GuardPageLayout.VOICE_SPOKEN_AT, SOON.nanos());
        page.putLong(GuardPageLayout.voice(7) + GuardPageLayout.VOICE_SPOKEN, 3);
        assertThat(guard.stoodIn(7)).isEqualTo(new StoodIn(3, SOON));
        assertThat(guard.stoodIn(6).times()).isZero();
    }

    @Test
    void theGuardStandsInForNoMoreRoutersThanThePageHasVoices() throws IOException {
        int beyond = GuardPageLayout.VOICES;
        guard.standInFrom(beyond, Duration.ofMillis(10), Optional.of(SOON));
        assertThat(page.getLong(GuardPageLayout.SLOT_OFFSET)).isZero();
        assertThat(guard.stoodIn(beyond)).isEqualTo(StoodIn.NEVER);
    }

    @Test
    void resignationBetweenTwoFamiliesIsRefused() {
        IpDatagram mixed =
                new IpDatagram(IpAddress.parse("198.18.0.1"), IpAddress.parse("ff02::12"), 255, new byte[12]);
        GuardedRouter router = new GuardedRouter(0, ETH0, 2, List.of(), List.of(), List.of(mixed));
        assertThatThrownBy(() -> guard.holding(List.of(router)))
                .hasMessage("datagram: 198.18.0.1 to ff02::12 (expected: addresses of one family)");
    }

    @Test
    void deadlineThatIsNoInstantIsRefused() {
        assertThatThrownBy(() -> guard.arm(new MonotonicInstant(1)))
                .hasMessage("deadline: 1 (expected: an instant of CLOCK_MONOTONIC)");
    }

    @Test
    void armingNamesTheThreadToTheGuard() throws Exception {
        assertThat(guard.arm(SOON)).isTrue();
        long mine = page.getLong(GuardPageLayout.SPEAKER_OFFSET);
        Thread other =
                Thread.ofPlatform().start(() -> assertThat(guard.arm(LATER)).isTrue());
        other.join();
        assertThat(page.getLong(GuardPageLayout.SPEAKER_OFFSET)).isPositive().isNotEqualTo(mine);
        assertThat(Path.of("/proc/self/task", Long.toString(mine))).exists();
    }

    @Test
    void pageOfAnotherLayoutIsRefused() throws IOException {
        page.putInt(GuardPageLayout.VERSION_OFFSET, 1);
        assertThatThrownBy(() -> SharedPageGuard.open(page.path()))
                .isInstanceOf(IOException.class)
                .hasMessage("guard page " + page.path() + ": version of the guard page: 1 (expected: 3)");
        page.putLong(0, 0);
        assertThatThrownBy(() -> SharedPageGuard.open(page.path()))
                .hasMessageEndingWith("magic of the guard page: other (expected: MSGUARD1)");
        Files.write(page.path(), new byte[4096]);
        assertThatThrownBy(() -> SharedPageGuard.open(page.path()))
                .hasMessage("guard page " + page.path() + ": 4096 octets (expected: 1114112)");
    }

    @Test
    void environmentNamesTheGuardOrNone() throws IOException {
        assertThat(SharedPageGuard.ofEnvironment(Map.of())).isInstanceOf(NoGuard.class);
        assertThat(SharedPageGuard.ofEnvironment(
                        Map.of("MAINSTAY_GUARD_PAGE", page.path().toString())))
                .isInstanceOf(SharedPageGuard.class);
        assertThatThrownBy(() -> SharedPageGuard.ofEnvironment(Map.of("MAINSTAY_GUARD_PAGE", "/nowhere/page")))
                .isInstanceOf(IOException.class);
    }

    @Test
    void withoutAGuardEveryLeaseIsGranted() {
        Guard none = new NoGuard();
        none.holding(List.of(router(1)));
        assertThat(none.arm(SOON)).isTrue();
        none.disarm();
        none.acknowledge();
        assertThat(none.fenced()).isEmpty();
    }
}
