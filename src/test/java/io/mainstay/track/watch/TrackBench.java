// SPDX-License-Identifier: Apache-2.0
package io.mainstay.track.watch;

import io.mainstay.kernel.AddressTable;
import io.mainstay.kernel.AdvertisementSocket;
import io.mainstay.kernel.ClaimSocket;
import io.mainstay.kernel.Command;
import io.mainstay.kernel.CommandResult;
import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelEvent;
import io.mainstay.kernel.KernelEvents;
import io.mainstay.kernel.KernelException;
import io.mainstay.kernel.LinkState;
import io.mainstay.kernel.LinkTable;
import io.mainstay.kernel.NeighbourAnnouncer;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpFamily;
import io.mainstay.net.MacAddress;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualAddress;
import io.mainstay.time.MonotonicClock;
import io.mainstay.time.MonotonicInstant;
import io.mainstay.track.Effect;
import io.mainstay.track.Pace;
import io.mainstay.track.PriorityAccount;
import io.mainstay.track.TrackerConfig;
import io.mainstay.track.TrackerStanding;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.function.Consumer;

/** A host on which nothing happens unless a test says so, and a driver on it that runs one turn at a time. */
class TrackBench implements KernelEvents, LinkTable, AddressTable, NeighbourAnnouncer, MonotonicClock {

    static final Duration SECOND = Duration.ofSeconds(1);
    static final Pace AT_ONCE = new Pace(SECOND, 1, 1);
    static final IpAddress VIP = IpAddress.parse("198.18.0.200");

    final Map<String, LinkState> links = new HashMap<>();
    final Set<VirtualAddress> addresses = new HashSet<>();
    final Queue<KernelEvent> waiting = new ArrayDeque<>();
    final Deque<Runnable> aside = new ArrayDeque<>();
    final List<Command> commands = new ArrayList<>();
    final Map<String, ServicePools.Pool> pools = new HashMap<>();
    final List<String> told = new ArrayList<>();
    final List<String> opened = new ArrayList<>();
    final List<String> probes = new ArrayList<>();
    CommandResult outcome = new CommandResult.Ended(0, Duration.ZERO, "");
    Path proc = Path.of("/proc");
    boolean refusing;
    boolean failing;
    int wakes;
    boolean closed;
    private MonotonicInstant now = new MonotonicInstant(5_000_000);

    final TrackListener listener = new TrackListener() {
        @Override
        public void onTracker(TrackedScope scope, TrackerStanding standing) {
            told.add(scope.name() + " " + standing.state() + " " + standing.sentence());
        }

        @Override
        public void onUnclear(TrackedScope scope, TrackerStanding standing) {
            told.add(scope.name() + " unclear " + standing.id() + ": " + standing.detail());
        }

        @Override
        public void onAccount(TrackedScope scope, PriorityAccount before, PriorityAccount after) {
            told.add(scope.name() + " " + after.breakdown()
                    + after.fault().map(fault -> " fault " + fault).orElse("")
                    + after.undecided().map(what -> " undecided " + what).orElse(""));
        }
    };

    static TrackedScope web(TrackerConfig... trackers) {
        return new TrackedScope("web", List.of("web"), new Priority(200), List.of(trackers));
    }

    static TrackerConfig.InterfaceTracker link(String name, Pace pace, Effect effect) {
        return new TrackerConfig.InterfaceTracker(new InterfaceName(name), false, pace, effect);
    }

    static TrackerConfig.ScriptTracker script(String name, Pace pace, Effect effect) {
        return new TrackerConfig.ScriptTracker(name, List.of("/bin/check", name), Duration.ofMillis(500), pace, effect);
    }

    static Effect weight(int weight) {
        return new Effect.Weight(weight);
    }

    static Effect fault() {
        return new Effect.Fault();
    }

    TrackDriver driver(TrackedScope... scopes) {
        return new TrackDriver(
                List.of(scopes),
                new WatchPorts(
                        this,
                        this,
                        this,
                        this,
                        this,
                        command -> {
                            if (failing) {
                                throw new UnsupportedOperationException("a mistake of ours");
                            }
                            commands.add(command);
                            return outcome;
                        },
                        service -> Optional.ofNullable(pools.get(service)),
                        aside::add,
                        proc,
                        Set.of(VIP)),
                listener);
    }

    void plug(String name, boolean up, boolean carrier) {
        links.put(name, new LinkState(2, new MacAddress(2), 1500, up, carrier, List.of()));
    }

    void changed(String name) {
        waiting.add(new KernelEvent.LinkChanged(new InterfaceName(name)));
    }

    /** A neighbour answers on eth1. */
    void answer(String address) {
        waiting.add(new KernelEvent.AddressClaimed(
                new InterfaceName("eth1"), IpAddress.parse(address), new MacAddress(0x02_00_00_00_00_63L)));
    }

    void advance(Duration duration) {
        now = now.plus(duration);
    }

    /** One turn, the looks that it starts, and the turn that takes their results. */
    void turn(TrackDriver driver) {
        driver.runOnce();
        while (!aside.isEmpty()) {
            aside.remove().run();
        }
        driver.runOnce();
    }

    List<String> takeTold() {
        List<String> taken = List.copyOf(told);
        told.clear();
        return taken;
    }

    // The ports.

    @Override
    public MonotonicInstant now() {
        return now;
    }

    @Override
    public Optional<LinkState> find(InterfaceName interfaceName) throws KernelException {
        if (refusing) {
            throw new KernelException("look up interface " + interfaceName, Errno.ENOBUFS.number());
        }
        return Optional.ofNullable(links.get(interfaceName.value()));
    }

    @Override
    public Set<VirtualAddress> list(InterfaceName interfaceName) {
        return addresses;
    }

    @Override
    public void add(InterfaceName interfaceName, VirtualAddress address) {
        throw new AssertionError("nothing is added here");
    }

    @Override
    public void remove(InterfaceName interfaceName, VirtualAddress address) {
        throw new AssertionError("nothing is removed here");
    }

    @Override
    public void remove(int interfaceIndex, VirtualAddress address) {
        throw new AssertionError("nothing is removed here");
    }

    @Override
    public AdvertisementSocket open(InterfaceName interfaceName, Set<IpFamily> families) {
        throw new AssertionError("nothing is advertised here");
    }

    @Override
    public ClaimSocket listen(InterfaceName interfaceName, Set<IpFamily> families) {
        opened.add(interfaceName + " " + families);
        return () -> opened.remove(interfaceName + " " + families);
    }

    @Override
    public void announce(InterfaceName interfaceName, IpAddress address) {
        throw new AssertionError("nothing is announced here");
    }

    @Override
    public void probe(InterfaceName interfaceName, IpAddress address) {
        probes.add(interfaceName + " " + address);
    }

    @Override
    public void await(Optional<MonotonicInstant> deadline, Consumer<KernelEvent> sink) {
        while (!waiting.isEmpty()) {
            sink.accept(waiting.remove());
        }
    }

    @Override
    public void wake() {
        wakes++;
    }

    @Override
    public void close() {
        closed = true;
    }
}
