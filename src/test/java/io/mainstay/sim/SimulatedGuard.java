// SPDX-License-Identifier: Apache-2.0
package io.mainstay.sim;

import io.mainstay.kernel.Fence;
import io.mainstay.kernel.Guard;
import io.mainstay.kernel.GuardedRouter;
import io.mainstay.kernel.PreparedAdvertisement;
import io.mainstay.kernel.StoodIn;
import io.mainstay.net.IpDatagram;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** The guard of one run of a node's process: gives up for it what it holds when its lease runs out, or when it dies. */
final class SimulatedGuard implements Guard {

    static final long LONGEST_REACTION_NANOS = 200_000;

    private final Timeline timeline;
    private final Random random;
    private final SimulatedClock clock;
    private final SimulatedHost host;
    private final SimulatedNetwork network;
    private final boolean sleeps;

    private final Map<Integer, Voice> voices = new HashMap<>();
    private List<GuardedRouter> held = List.of();
    private @Nullable MonotonicInstant deadline;
    private @Nullable Fence fence;
    private boolean watching;
    private boolean frozen;
    private boolean stopped;

    /** When it is to advertise for a router, and when it did. */
    private static final class Voice {
        Duration interval = Duration.ZERO;
        Optional<MonotonicInstant> due = Optional.empty();
        StoodIn said = StoodIn.NEVER;
        int orders;
    }

    /** @param sleeps whether it never acts, to see whether that is noticed */
    SimulatedGuard(
            Timeline timeline,
            Random random,
            SimulatedClock clock,
            SimulatedHost host,
            SimulatedNetwork network,
            boolean sleeps) {
        this.timeline = timeline;
        this.random = random;
        this.clock = clock;
        this.host = host;
        this.network = network;
        this.sleeps = sleeps;
    }

    @Override
    public boolean arm(MonotonicInstant newDeadline) {
        if (fence != null) {
            return false;
        }
        deadline = newDeadline;
        watch();
        return true;
    }

    private void watch() {
        MonotonicInstant due = deadline;
        if (watching || due == null) {
            return;
        }
        watching = true;
        timeline.at(clock.trueNanosOf(due) + reaction(), this::look);
    }

    private long reaction() {
        return 10_000 + random.nextLong(LONGEST_REACTION_NANOS - 10_000);
    }

    private void look() {
        watching = false;
        MonotonicInstant due = deadline;
        MonotonicInstant now = clock.at(timeline.nowNanos());
        if (due == null || frozen) {
            return;
        }
        if (now.hasReached(due)) {
            fence = new Fence(Fence.Reason.DEADLINE_MISSED, now, now.since(due));
            deadline = null;
            giveUp();
            host.wake();
        } else {
            watch();
        }
    }

    private void giveUp() {
        if (sleeps) {
            return;
        }
        for (GuardedRouter router : held) {
            router.addresses().forEach(host::takeByGuard);
            for (IpDatagram each : router.resignations()) {
                network.advertise(host, each.source(), each.destination(), each.payload(), 0);
            }
        }
        held = List.of();
    }

    @Override
    public void standInFrom(int number, Duration interval, Optional<MonotonicInstant> overdue) {
        Voice voice = voices.computeIfAbsent(number, fresh -> new Voice());
        voice.interval = interval;
        voice.due = overdue;
        plan(number, voice);
    }

    private void plan(int number, Voice voice) {
        int order = ++voice.orders;
        voice.due.ifPresent(due -> timeline.at(clock.trueNanosOf(due) + reaction(), () -> {
            if (order == voice.orders) {
                speak(number, voice, due);
            }
        }));
    }

    /** Not if it comes a whole interval late itself: then the daemon has to listen first. */
    private void speak(int number, Voice voice, MonotonicInstant due) {
        MonotonicInstant now = clock.at(timeline.nowNanos());
        boolean late = due.plus(voice.interval).isBefore(now);
        if (deadline == null || stopped || frozen || late || sleeps) {
            return;
        }
        voice.due = Optional.of(now.plus(voice.interval));
        long turn = voice.said.times() + 1;
        List<IpDatagram> messages = held.stream()
                .filter(router -> router.number() == number)
                .flatMap(router -> router.advertisements().stream())
                .filter(each -> each.turn() == PreparedAdvertisement.EVERY_TURN || each.turn() == turn)
                .map(PreparedAdvertisement::datagram)
                .toList();
        for (IpDatagram each : messages) {
            network.advertise(host, each.source(), each.destination(), each.payload(), 0);
            voice.said = new StoodIn(turn, now);
        }
        plan(number, voice);
    }

    @Override
    public StoodIn stoodIn(int number) {
        Voice voice = voices.get(number);
        return voice == null ? StoodIn.NEVER : voice.said;
    }

    /** The process is dead; the guard lives on for a moment. */
    void processEnded() {
        deadline = null;
        stopped = true;
        timeline.after(reaction(), this::giveUp);
    }

    /** The whole machine stands still, or goes on. */
    void setFrozen(boolean isFrozen) {
        frozen = isFrozen;
        if (!frozen && deadline != null && !watching) {
            watching = true;
            timeline.after(reaction(), this::look);
        }
    }

    @Override
    public void disarm() {
        deadline = null;
    }

    @Override
    public int holding(List<GuardedRouter> routers) {
        held = List.copyOf(routers);
        return 0;
    }

    @Override
    public Optional<Fence> fenced() {
        return Optional.ofNullable(fence);
    }

    @Override
    public void acknowledge() {
        fence = null;
        held = List.of();
        deadline = null;
    }
}
