// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.kernel.FlowCursor;
import io.mainstay.kernel.FlowProgram;
import io.mainstay.kernel.KernelException;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Idle after 300 s, half closed after 30 s, closed after 10 s; a tick is 4 ms. */
class FlowWalkTest {

    private static final int NOW = 1_000_000;
    private static final double TICK_MILLIS = 4;

    private final FakeFlowProgram program = new FakeFlowProgram();
    private Slots slots;
    private LiveSlot slot;
    private long termMillis = Long.MAX_VALUE;

    @BeforeEach
    void oneBackend() throws KernelException {
        slots = new Slots(program);
        slot = Objects.requireNonNull(slots.claim(Samples.key("web1"), 8080));
        slots.setState(slot, FlowProgram.State.READY);
    }

    private FakeFlow flow() {
        FakeFlow flow = new FakeFlow(slot.index(), slot.id());
        flow.seen = NOW;
        flow.otherSeen = NOW;
        return flow;
    }

    private static int ago(Duration silence) {
        return NOW - (int) (silence.toMillis() / TICK_MILLIS);
    }

    private void walk(FakeFlow... flows) {
        slot.beginWalk();
        FlowWalk walk = new FlowWalk(slots, NOW, TICK_MILLIS, gate -> gate == 0 ? termMillis : -1);
        for (FakeFlow flow : flows) {
            walk.accept(flow);
        }
        slot.endWalk();
    }

    @Test
    void liveFlowsAreCountedOnce() {
        FakeFlow back = flow();
        back.toClient = true;
        FakeFlow ended = flow();
        ended.state |= FlowCursor.ENDED | FlowCursor.RESET;
        walk(flow(), flow(), back, ended);
        assertThat(slot.live()).isEqualTo(2);
        assertThat(slot.isEmpty()).isFalse();
    }

    @Test
    void idleInBothDirectionsIsResetAndForgotten() {
        FakeFlow idle = flow();
        idle.seen = ago(Duration.ofSeconds(301));
        idle.otherSeen = ago(Duration.ofSeconds(302));
        FakeFlow download = flow();
        download.seen = ago(Duration.ofSeconds(1000));
        walk(idle, download);
        assertThat(idle.reset && idle.removed).isTrue();
        assertThat(download.removed).isFalse();
        assertThat(slot.live()).isEqualTo(1);
    }

    @Test
    void silenceOfATimeWhenAnotherNodeWasActiveIsNone() {
        FakeFlow idle = flow();
        idle.seen = idle.otherSeen = ago(Duration.ofSeconds(1000));
        termMillis = Duration.ofMinutes(5).toMillis();
        walk(idle);
        assertThat(idle.reset || idle.removed).isFalse();
        termMillis++;
        walk(idle);
        assertThat(idle.reset && idle.removed).isTrue();
    }

    @Test
    void halfClosedAndClosedOnesGoSooner() {
        FakeFlow half = flow();
        half.state |= FlowCursor.BACKEND_FIN;
        half.seen = half.otherSeen = ago(Duration.ofSeconds(31));
        FakeFlow closed = flow();
        closed.state |= FlowCursor.BACKEND_FIN | FlowCursor.CLIENT_FIN | FlowCursor.ENDED;
        closed.seen = closed.otherSeen = ago(Duration.ofSeconds(11));
        walk(half, closed);
        assertThat(half.reset && half.removed).isTrue();
        assertThat(closed.removed).isTrue();
        assertThat(closed.reset).as("both ends know already").isFalse();
    }

    @Test
    void datagramsHaveATimeOfTheirOwn() {
        FakeFlow udp = flow();
        udp.tcp = false;
        udp.seen = udp.otherSeen = ago(Duration.ofSeconds(61));
        walk(udp);
        assertThat(udp.removed).isTrue();
    }

    @Test
    void ofABackendThatIsGoneAllAreReset() throws KernelException {
        FakeFlow stale = flow();
        stale.id = slot.id() + 1;
        FakeFlow nobodys = flow();
        nobodys.slot = 9;
        walk(stale, nobodys);
        assertThat(stale.reset && stale.removed && nobodys.reset && nobodys.removed)
                .isTrue();
        slots.setState(slot, FlowProgram.State.DOWN);
        FakeFlow live = flow();
        walk(live);
        assertThat(live.reset && live.removed).isTrue();
        assertThat(slot.report().reset()).isEqualTo(1);
    }

    @Test
    void behindAShutGateNobodyIsSpokenFor() throws KernelException {
        slots.setState(slot, FlowProgram.State.DOWN);
        FakeFlow others = flow();
        others.gate = 1;
        walk(others);
        assertThat(others.removed).isTrue();
        assertThat(others.reset).isFalse();
        slots.setState(slot, FlowProgram.State.READY);
        FakeFlow kept = flow();
        kept.gate = 1;
        walk(kept);
        assertThat(kept.removed).isFalse();
        assertThat(slot.live()).as("it lives on the other node").isZero();
    }

    @Test
    void aDirectionThatWasLeftAloneGoesInTheEnd() {
        FakeFlow alone = flow();
        alone.toClient = true;
        alone.other = false;
        alone.seen = ago(Duration.ofSeconds(301));
        FakeFlow young = flow();
        young.toClient = true;
        young.other = false;
        walk(alone, young);
        assertThat(alone.removed).isTrue();
        assertThat(young.removed).isFalse();
    }

    private static final int DOOR = 7;

    private static boolean isCounted(FakeFlow flow) {
        return (flow.state & FlowCursor.COUNTED) != 0;
    }

    @Test
    void whatLivesIsCountedAtTheDoorOfItsServiceAsSoonAsItIsHeard() {
        FakeFlow before = flow();
        walk(before);
        assertThat(isCounted(before)).as("nobody counts").isFalse();
        slot.setDoor(DOOR);
        FakeFlow silent = flow();
        silent.seen = silent.otherSeen = ago(Duration.ofSeconds(5));
        FakeFlow download = flow();
        download.seen = ago(Duration.ofSeconds(5));
        FakeFlow elsewhere = flow();
        elsewhere.count(DOOR + 1);
        FakeFlow ended = flow();
        ended.state |= FlowCursor.ENDED | FlowCursor.RESET;
        walk(before, silent, download, elsewhere, ended);
        assertThat(isCounted(before) && isCounted(download)).isTrue();
        assertThat(before.door).isEqualTo(DOOR);
        assertThat(elsewhere.door).isEqualTo(DOOR);
        assertThat(isCounted(silent) || isCounted(ended)).isFalse();
    }

    @Test
    void whatAnotherNodeForwardsIsNotCountedHere() {
        slot.setDoor(DOOR);
        FakeFlow others = flow();
        others.count(DOOR);
        others.gate = 1;
        walk(others);
        assertThat(isCounted(others)).isFalse();
        others.gate = 0;
        walk(others);
        assertThat(isCounted(others)).as("it came back, and lives").isTrue();
    }

    @Test
    void whatWasCountedIsLeftSoWhenLimitsGo() {
        FakeFlow flow = flow();
        flow.count(DOOR);
        slot.setDoor(0);
        walk(flow);
        assertThat(isCounted(flow)).isTrue();
    }

    @Test
    void ticksWrapAround() {
        FakeFlow flow = flow();
        flow.seen = Integer.MAX_VALUE;
        flow.otherSeen = Integer.MAX_VALUE;
        slot.beginWalk();
        new FlowWalk(slots, Integer.MIN_VALUE + 10, TICK_MILLIS, gate -> Long.MAX_VALUE).accept(flow);
        assertThat(flow.removed).isFalse();
    }
}
