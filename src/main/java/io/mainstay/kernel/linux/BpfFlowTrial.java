// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.mainstay.kernel.Errno;
import io.mainstay.kernel.FlowEvent;
import io.mainstay.kernel.FlowTrial;
import io.mainstay.kernel.FlowTuple;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.MacAddress;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The second copy of the data path (native/bpf/load.c, {@code trial}), run by BPF_PROG_TEST_RUN: the kernel hands it a packet
 * that nobody sent, and drops what it would send.
 *
 * <p>The copy's flow table is empty but for the flow in question and for rivals: flows of others that have the source port
 * which the program has chosen. Those are found out one after the other, by running it until nobody else has its choice.
 */
final class BpfFlowTrial implements FlowTrial {

    /** As many choices as the program itself makes (PORT_PROBES in native/bpf/flow.h), and the run that fails. */
    private static final int MOST_RUNS = 65;

    /**
     * Rivals and the flow itself; its door, and that of its service. Of embryos and rates more: an LRU table keeps some of its
     * entries back for each processor.
     */
    private static final Map<String, Integer> SIZES = Map.of(
            "flows",
            256,
            "embryos",
            4096,
            "fragments",
            64,
            "traffic",
            1,
            "door_states",
            64,
            "refusals",
            64,
            "client_counts",
            64,
            "client_rates",
            4096);

    private static final Set<FlowMap> MAPS = EnumSet.of(FlowMap.GATES, FlowMap.FLOWS, FlowMap.EMBRYOS, FlowMap.EVENTS);

    private static final Set<FlowEvent> ANSWERS = Set.of(FlowEvent.SENT_RESET, FlowEvent.SENT_TOO_BIG);

    /** On which interface the packet arrives: 0 and a MAC of zeros is the loopback interface. */
    private record Arrival(int index, MacAddress mac) {

        static final Arrival LOOPBACK = new Arrival(0, new MacAddress(0));
    }

    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final FlowMaps live;
    private final FlowMaps own;
    private final BpfMap flows;
    private final BpfMap embryos;
    private final FlowCounters counters;
    private final TrialLimits limits;
    private final BpfProgram program;
    private final NetlinkLinkTable links;
    private final RouteLookup routes;

    private BpfFlowTrial(FlowMaps live, Path directory) throws KernelException {
        this.live = live;
        try {
            NetlinkSocket netlink = part(NetlinkSocket.open());
            links = new NetlinkLinkTable(netlink);
            routes = new RouteLookup(netlink);
            program = part(BpfProgram.open(directory.resolve("mainstay_ingress")));
            Set<FlowMap> wanted = EnumSet.copyOf(MAPS);
            wanted.addAll(TrialLimits.MAPS);
            own = part(FlowMaps.open(directory, wanted));
            flows = own.get(FlowMap.FLOWS);
            embryos = own.get(FlowMap.EMBRYOS);
            counters = new FlowCounters(own);
            limits = new TrialLimits(live, own);
        } catch (KernelException e) {
            close();
            throw e;
        }
    }

    /**
     * Loads the copy; its pins are gone when this returns, so that it ends with this process.
     *
     * @param live maps of the program that forwards; only read
     */
    static BpfFlowTrial open(BpfLoader loader, FlowMaps live) throws IOException {
        Path directory = loader.trial(SIZES);
        try {
            return new BpfFlowTrial(live, directory);
        } catch (KernelException e) {
            throw new IOException(e.getMessage(), e);
        } finally {
            removePins(directory);
        }
    }

    private static void removePins(Path directory) throws IOException {
        List<Path> pins;
        try (var listing = Files.list(directory)) {
            pins = listing.toList();
        }
        for (Path pin : pins) {
            Files.delete(pin);
        }
        Files.delete(directory);
    }

    private <T extends AutoCloseable> T part(T part) {
        parts.push(part);
        return part;
    }

    @Override
    public Outcome ask(FlowTuple flow, Packet packet, Gates wanted) throws KernelException {
        setGates(wanted);
        Arrival arrival = arrivalFrom(flow.source().address());
        List<byte[]> rivals = new ArrayList<>();
        for (int run = 0; run < MOST_RUNS; run++) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment key = arena.allocateFrom(JAVA_BYTE, FlowAbi.tuple(flow));
                flows.clear();
                embryos.clear();
                limits.take(flow, copyBoth(arena, key));
                for (byte[] rival : rivals) {
                    copyBoth(arena, arena.allocateFrom(JAVA_BYTE, rival));
                }
                Outcome outcome = run(flow, arena, key, TrialFrame.write(flow, packet, arrival.mac()), arrival.index());
                byte[] rival = rivalOf(arena, key, rivals);
                if (rival == null) {
                    return outcome;
                }
                rivals.add(rival);
            }
        }
        throw new KernelException("ask the data path about " + flow, Errno.OTHER.number());
    }

    private void setGates(Gates wanted) throws KernelException {
        BpfMap gates = live.get(FlowMap.GATES);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment states = arena.allocate((long) gates.entries() * FlowAbi.GATE_OCTETS, 8);
            gates.forEach(
                    gates.entries(),
                    (key, value) -> states.setAtIndex(
                            JAVA_INT,
                            key.get(JAVA_INT, 0),
                            wanted == Gates.ALL_OPEN ? FlowAbi.GATE_OPEN : value.get(JAVA_INT, 0)));
            own.get(FlowMap.GATES).putAll(0, states, gates.entries());
        }
    }

    /** Where packets to the client leave, which is where its packets arrive as far as this host can know. */
    private Arrival arrivalFrom(IpAddress client) throws KernelException {
        Optional<InterfaceName> name = routes.interfaceTowards(client);
        if (name.isEmpty()) {
            return Arrival.LOOPBACK;
        }
        return links.message(name.get())
                .filter(LinkMessage::isUp)
                .filter(LinkMessage::isEthernet)
                .map(link -> new Arrival(link.index(), link.mac()))
                .orElse(Arrival.LOOPBACK);
    }

    /** Both directions of a flow, given by one of them, each from the table that has it; that one. */
    private @Nullable MemorySegment copyBoth(Arena arena, MemorySegment key) throws KernelException {
        MemorySegment flow = copy(arena, key);
        if (flow != null) {
            copy(arena, FlowAbi.otherKey(arena, key, flow));
        }
        return flow;
    }

    private @Nullable MemorySegment copy(Arena arena, MemorySegment key) throws KernelException {
        MemorySegment flow = live.get(FlowMap.FLOWS).get(arena, key);
        if (flow != null) {
            flows.put(arena, key, flow);
            return flow;
        }
        flow = live.get(FlowMap.EMBRYOS).get(arena, key);
        if (flow != null) {
            embryos.put(arena, key, flow);
        }
        return flow;
    }

    /** A port is taken whichever table says so. */
    private @Nullable MemorySegment holder(Arena arena, MemorySegment key) throws KernelException {
        MemorySegment flow = live.get(FlowMap.FLOWS).get(arena, key);
        return flow == null ? live.get(FlowMap.EMBRYOS).get(arena, key) : flow;
    }

    /** The key by which a flow that the program was not shown has what it has just chosen; null: it is free, or its own. */
    private byte @Nullable [] rivalOf(Arena arena, MemorySegment key, List<byte[]> known) throws KernelException {
        MemorySegment entered = own(arena, key);
        if (entered == null || entered.get(JAVA_BYTE, FlowAbi.FLOW_MODE) == FlowAbi.MODE_DSR) {
            return null;
        }
        MemorySegment back = FlowAbi.otherKey(arena, key, entered);
        MemorySegment holder = holder(arena, back);
        if (holder == null || isSame(FlowAbi.otherKey(arena, back, holder), key)) {
            return null;
        }
        byte[] rival = back.toArray(JAVA_BYTE);
        return known.stream().anyMatch(each -> Arrays.equals(each, rival)) ? null : rival;
    }

    private static boolean isSame(MemorySegment one, MemorySegment other) {
        return one.mismatch(other) < 0;
    }

    private @Nullable MemorySegment own(Arena arena, MemorySegment key) throws KernelException {
        MemorySegment flow = flows.get(arena, key);
        return flow == null ? embryos.get(arena, key) : flow;
    }

    private Outcome run(FlowTuple tuple, Arena arena, MemorySegment key, byte[] frame, int ifindex)
            throws KernelException {
        Map<FlowEvent, Long> before = counters.events();
        BpfProgram.Run done = program.run(frame, ifindex);
        Set<FlowEvent> happened = happenedSince(before);
        Verdict verdict = switch (done.verdict()) {
            case BpfProgram.TC_ACT_UNSPEC -> Verdict.LEFT_TO_STACK;
            case BpfProgram.TC_ACT_REDIRECT ->
                happened.stream().anyMatch(ANSWERS::contains) ? Verdict.ANSWERED : Verdict.FORWARDED;
            default -> Verdict.DROPPED;
        };
        boolean leaves = verdict == Verdict.FORWARDED || verdict == Verdict.ANSWERED;
        MemorySegment flow = own(arena, key);
        return new Outcome(
                verdict,
                happened,
                limits.refused(tuple),
                leaves ? TrialFrame.read(done.frame()) : null,
                flow == null
                        ? null
                        : FlowAbi.entry(
                                flow, embryos.get(arena, key) != null, flow.get(FlowAbi.INT, FlowAbi.FLOW_SEEN)),
                flow == null || verdict != Verdict.FORWARDED ? null : hop(flow));
    }

    private @Nullable Hop hop(MemorySegment flow) throws KernelException {
        int index = flow.get(FlowAbi.INT, FlowAbi.FLOW_HOP_INTERFACE);
        for (LinkMessage link : links.all()) {
            if (link.index() == index) {
                return new Hop(
                        link.name(),
                        FlowAbi.address(flow, FlowAbi.FLOW_HOP_GATEWAY),
                        FlowAbi.unsignedShort(flow, FlowAbi.FLOW_HOP_MTU));
            }
        }
        return null;
    }

    private Set<FlowEvent> happenedSince(Map<FlowEvent, Long> before) throws KernelException {
        Set<FlowEvent> happened = EnumSet.noneOf(FlowEvent.class);
        counters.events().forEach((event, count) -> {
            if (!count.equals(before.get(event))) {
                happened.add(event);
            }
        });
        return happened;
    }

    @Override
    public void close() {
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception e) {
                throw new AssertionError("closing a descriptor throws nothing", e);
            }
        }
    }
}
