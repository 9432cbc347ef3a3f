// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.kernel.FlowEvent;
import io.mainstay.kernel.FlowProgram;
import io.mainstay.kernel.FlowProgram.Backend;
import io.mainstay.kernel.FlowProgram.Door;
import io.mainstay.kernel.FlowProgram.Mode;
import io.mainstay.kernel.FlowProgram.Refusal;
import io.mainstay.kernel.FlowProgram.Role;
import io.mainstay.kernel.FlowProgram.Service;
import io.mainstay.kernel.FlowProgram.ServiceKey;
import io.mainstay.kernel.FlowProgram.State;
import io.mainstay.kernel.FlowTrial;
import io.mainstay.kernel.FlowTrial.Gates;
import io.mainstay.kernel.FlowTrial.Outcome;
import io.mainstay.kernel.FlowTrial.Packet;
import io.mainstay.kernel.FlowTrial.Refused;
import io.mainstay.kernel.FlowTrial.Verdict;
import io.mainstay.kernel.FlowTuple;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.Endpoint;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Transport;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The data path says beforehand what it then does, and to be asked leaves no trace: in the kernel of this machine, with few
 * source ports, so that flows take them from each other.
 */
@Tag("native")
class BpfFlowTrialTest {

    private static final Path DIRECTORY = Path.of("/sys/fs/bpf/mainstay-trial");
    private static final IpAddress VIP = IpAddress.parse("198.18.0.100");
    private static final IpAddress VIP6 = IpAddress.parse("2001:db8::100");
    private static final int PORTS = 40;
    private static final int BACKENDS = 3;
    private static final int TABLE = 31;
    private static final int GATE = 2;
    private static final long SEED = 20;

    private static final List<Mode> MODES = List.of(Mode.values());

    private static final Map<Mode, Integer> PORT_OF_MODE = Map.of(Mode.FULL_NAT, 443, Mode.NAT, 444, Mode.DSR, 445);

    private BpfFlowProgram.Files files;
    private BpfFlowProgram program;
    private FlowTrial trial;
    private BpfProgram forwarding;
    private final Map<String, LinkMessage> links = new HashMap<>();

    @BeforeEach
    void start() throws Exception {
        Assumptions.assumeTrue(
                Files.isWritable(Path.of("/proc/sys/net/ipv4/ip_forward"))
                        && "root".equals(Files.getOwner(Path.of("/proc/self")).getName())
                        && Files.readString(Path.of("/proc/self/uid_map"))
                                .strip()
                                .startsWith("0          0"),
                "loading programs takes root of the machine");
        files = new BpfFlowProgram.Files(
                NativeBpfBuild.file("mainstay-bpf"),
                NativeBpfBuild.file("forward.bpf.o"),
                NativeBpfBuild.file("fastpath.bpf.o"),
                DIRECTORY);
        for (String command : List.of(
                "ip link set lo up",
                "ip link add clients type veth peer name clients-far",
                "ip link add backends type veth peer name backends-far",
                "ip link set clients up",
                "ip link set clients-far up",
                "ip link set backends up",
                "ip link set backends-far up",
                "ip address add 198.18.0.1/24 dev clients",
                "ip address add 198.18.1.1/24 dev backends",
                "ip address add 2001:db8::1/64 dev clients nodad",
                "ip address add 2001:db8:1::1/64 dev backends nodad",
                "ip route add 198.18.9.0/24 via 198.18.0.254",
                "ip route add 2001:db8:9::/48 via 2001:db8::fe")) {
            NativeBpfBuild.run(command.split(" "));
        }
        try (NetlinkSocket netlink = NetlinkSocket.open()) {
            for (LinkMessage link : new NetlinkLinkTable(netlink).all()) {
                links.put(link.name().value(), link);
            }
        }
        program = BpfFlowProgram.open(files, Map.of("flows", 4000));
        forwarding = BpfProgram.open(DIRECTORY.resolve("mainstay_ingress"));
        configure();
        trial = program.trial();
    }

    private void configure() throws KernelException {
        program.setSettings(new FlowProgram.Settings(1, 2, true, 60_000, 60_000, 1000));
        program.setFilter(Set.of(VIP, VIP6));
        program.setGate(GATE, true);
        int[] table = new int[TABLE];
        for (int i = 0; i < TABLE; i++) {
            table[i] = i % BACKENDS;
        }
        program.putTable(0, table);
        for (int i = 0; i < TABLE; i++) {
            table[i] = BACKENDS + i % BACKENDS;
        }
        program.putTable(TABLE, table);
        int source = 0;
        for (IpAddress vip : List.of(VIP, VIP6)) {
            program.putAddress(vip, new Role(true, false, GATE, 20000, PORTS));
            program.putSource(source, new FlowProgram.Source(vip, 20000, PORTS));
            for (Transport transport : Transport.values()) {
                for (Mode mode : Mode.values()) {
                    program.putService(
                            new ServiceKey(transport, new Endpoint(vip, portOf(mode))),
                            new Service(1, false, mode, source * TABLE, TABLE, source, mode == Mode.DSR ? 0 : 1));
                }
            }
            source++;
        }
        for (int slot = 0; slot < 2 * BACKENDS; slot++) {
            setState(slot, State.READY);
        }
    }

    private static int portOf(Mode mode) {
        return Objects.requireNonNull(PORT_OF_MODE.get(mode));
    }

    private void setState(int slot, State state) throws KernelException {
        IpAddress address = IpAddress.parse(slot < BACKENDS ? "198.18.1." + (11 + slot) : "2001:db8:1::" + (11 + slot));
        program.putBackend(slot, new Backend(address, 0, state, 100 + slot));
    }

    @AfterEach
    void stop() throws Exception {
        if (program == null) {
            return;
        }
        trial.close();
        forwarding.close();
        program.close();
        BpfFlowProgram.unload(files);
        NativeBpfBuild.run("ip", "link", "delete", "clients");
        NativeBpfBuild.run("ip", "link", "delete", "backends");
    }

    /** What the program writes and the daemon does not read as such. */
    private static final Set<FlowMap> WRITTEN = EnumSet.of(
            FlowMap.FLOWS,
            FlowMap.EMBRYOS,
            FlowMap.DOOR_STATES,
            FlowMap.CLIENT_COUNTS,
            FlowMap.CLIENT_RATES,
            FlowMap.BACKEND_LOADS);

    /** Everything that the program writes, but for what it works with. */
    private record Trace(
            Map<FlowMap, Long> content,
            Map<FlowEvent, Long> events,
            List<FlowProgram.Traffic> traffic,
            Map<Integer, Map<Refusal, Long>> refusals) {}

    private Trace trace() throws KernelException {
        Map<FlowMap, Long> content = new EnumMap<>(FlowMap.class);
        try (FlowMaps maps = FlowMaps.open(DIRECTORY.resolve("maps"), WRITTEN)) {
            for (FlowMap each : WRITTEN) {
                CRC32 sum = new CRC32();
                maps.get(each).forEach(maps.get(each).entries(), (key, value) -> {
                    sum.update(key.asByteBuffer());
                    sum.update(value.asByteBuffer());
                });
                content.put(each, sum.getValue());
            }
        }
        return new Trace(content, new EnumMap<>(program.events()), program.traffic(2 * BACKENDS), program.refusals());
    }

    private BpfProgram.Run send(FlowTuple flow, Packet packet, String side) throws KernelException {
        LinkMessage link = Objects.requireNonNull(links.get(side));
        return forwarding.run(TrialFrame.write(flow, packet, link.mac()), link.index());
    }

    /** The backend accepts what begins, and acknowledges: the flow moves to the other table. */
    private void answer(FlowTuple sent, Packet packet) throws KernelException {
        if (sent.transport() == Transport.TCP && packet == Packet.FIRST) {
            LinkMessage link = Objects.requireNonNull(links.get("backends"));
            byte[] accepted = TrialFrame.write(back(sent), Packet.FIRST, link.mac());
            accepted[sent.source().address().bitLength() == 32 ? FLAGS : FLAGS + 20] |= ACK;
            forwarding.run(accepted, link.index());
        }
        send(back(sent), Packet.LATER, "backends");
    }

    /** Asks, sees that nothing has changed, does it, and sees that it comes as was told. */
    private Outcome askedAndDone(FlowTuple flow, Packet packet, String message) throws KernelException {
        Trace before = trace();
        Outcome outcome = trial.ask(flow, packet, Gates.AS_THEY_ARE);
        assertThat(trace()).as(message).isEqualTo(before);
        BpfProgram.Run done = send(flow, packet, "clients");
        boolean leaves = outcome.verdict() == Verdict.FORWARDED || outcome.verdict() == Verdict.ANSWERED;
        assertThat(leaves).as(message).isEqualTo(done.verdict() == BpfProgram.TC_ACT_REDIRECT);
        assertThat(outcome.verdict() == Verdict.LEFT_TO_STACK)
                .as(message)
                .isEqualTo(done.verdict() == BpfProgram.TC_ACT_UNSPEC);
        if (leaves) {
            assertThat(outcome.sent()).as(message).isEqualTo(TrialFrame.read(done.frame()));
        }
        Map<FlowEvent, Long> after = program.events();
        assertThat(outcome.events())
                .as(message)
                .allSatisfy(event -> assertThat(after.getOrDefault(event, 0L))
                        .isGreaterThan(before.events().getOrDefault(event, 0L)));
        return outcome;
    }

    @Test
    void itDoesWhatItSaidAndToAskLeavesNoTrace() throws Exception {
        Random random = new Random(SEED);
        Map<Verdict, Integer> verdicts = new EnumMap<>(Verdict.class);
        int probed = 0;
        int known = 0;
        List<FlowTuple> flows = new ArrayList<>();
        for (int round = 0; round < 700; round++) {
            boolean again = !flows.isEmpty() && random.nextInt(3) == 0;
            FlowTuple flow = again ? flows.get(random.nextInt(flows.size())) : randomFlow(random);
            flows.add(flow);
            if (random.nextInt(20) == 0) {
                State[] states = {State.READY, State.READY, State.UNHEALTHY, State.DRAINING, State.DOWN};
                setState(random.nextInt(2 * BACKENDS), states[random.nextInt(states.length)]);
            }
            program.setGate(GATE, random.nextInt(30) != 0);
            Packet packet = random.nextInt(3) == 0 ? Packet.LATER : Packet.FIRST;
            Outcome outcome = askedAndDone(flow, packet, "seed " + SEED + ", round " + round + ": " + flow);
            verdicts.merge(outcome.verdict(), 1, Integer::sum);
            probed += outcome.events().contains(FlowEvent.FLOW_PROBED) ? 1 : 0;
            known += program.flow(flow) != null && again ? 1 : 0;
            FlowTuple sent = outcome.sent();
            if (outcome.verdict() == Verdict.FORWARDED && sent != null && random.nextBoolean()) {
                answer(sent, packet);
            }
        }
        assertThat(verdicts)
                .containsOnlyKeys(Verdict.FORWARDED, Verdict.ANSWERED, Verdict.LEFT_TO_STACK, Verdict.DROPPED);
        assertThat(probed).as("flows whose first port was taken").isGreaterThan(50);
        assertThat(program.embryos(2 * BACKENDS)).as("flows that wait").anyMatch(count -> count > 0);
        assertThat(program.latencies()).as("none is measured").isEmpty();
        assertThat(known).as("flows that were known").isGreaterThan(50);
    }

    private static final int DOOR = 7;

    /** Where they stand in a frame of IPv4. */
    private static final int FLAGS = 47;

    private static final byte ACK = 0x10;
    private static final long HOUR_NANOS = 3_600_000_000_000L;

    /** The services of mode full_nat, as judged at a door, and their backends with a limit of their own; 0: none. */
    private void judge(int flows, int flowsPerClient, long intervalPerClientNanos, int backendLimit)
            throws KernelException {
        program.putDoor(DOOR, new Door(1, flows, flowsPerClient, 0, intervalPerClientNanos, 32, 64));
        for (Transport transport : Transport.values()) {
            program.putService(
                    new ServiceKey(transport, new Endpoint(VIP, portOf(Mode.FULL_NAT))),
                    new Service(1, false, Mode.FULL_NAT, 0, TABLE, 0, 1, true, DOOR));
        }
        for (int slot = 0; slot < BACKENDS; slot++) {
            program.putBackend(
                    slot,
                    new Backend(IpAddress.parse("198.18.1." + (11 + slot)), 0, State.READY, 100 + slot, backendLimit));
        }
    }

    private static FlowTuple from(String client, int port, Transport transport) {
        return new FlowTuple(
                transport, new Endpoint(IpAddress.parse(client), port), new Endpoint(VIP, portOf(Mode.FULL_NAT)));
    }

    /** Begins a flow that is then counted, as both ends have spoken. */
    private void establish(FlowTuple flow, String message) throws KernelException {
        Outcome outcome = askedAndDone(flow, Packet.FIRST, message);
        assertThat(outcome.verdict()).as(message).isEqualTo(Verdict.FORWARDED);
        assertThat(outcome.refused()).as(message).isNull();
        answer(Objects.requireNonNull(outcome.sent()), Packet.FIRST);
    }

    private void isRefused(FlowTuple flow, Refusal reason, int live) throws KernelException {
        Outcome outcome = askedAndDone(flow, Packet.FIRST, reason + " " + flow);
        assertThat(outcome.verdict()).isEqualTo(flow.transport() == Transport.TCP ? Verdict.ANSWERED : Verdict.DROPPED);
        assertThat(outcome.events()).contains(FlowEvent.DROP_REFUSED);
        assertThat(outcome.refused()).isEqualTo(new Refused(reason, live));
    }

    @Test
    void aClientThatHasAsManyFlowsAsItMayHaveIsToldSo() throws Exception {
        judge(5, 3, 0, 0);
        for (int n = 0; n < 3; n++) {
            establish(from("198.18.9.1", 40000 + n, Transport.TCP), "flow " + n);
        }
        isRefused(from("198.18.9.1", 41000, Transport.TCP), Refusal.SOURCE_FULL, 3);
        isRefused(from("198.18.9.1", 41000, Transport.UDP), Refusal.SOURCE_FULL, 3);
        // To be asked of the one client is not to count it for the other.
        for (int n = 0; n < 2; n++) {
            establish(from("198.18.9.2", 40000 + n, Transport.TCP), "another's flow " + n);
        }
        isRefused(from("198.18.9.2", 41000, Transport.TCP), Refusal.SERVICE_FULL, 5);
        Outcome next = askedAndDone(from("198.18.9.1", 40000, Transport.TCP), Packet.LATER, "a live flow goes on");
        assertThat(next.verdict()).isEqualTo(Verdict.FORWARDED);
    }

    @Test
    void aClientThatBeginsFlowsTooFastIsToldSo() throws Exception {
        judge(0, 0, HOUR_NANOS, 0);
        establish(from("198.18.9.1", 40000, Transport.TCP), "the first of the hour");
        isRefused(from("198.18.9.1", 40001, Transport.TCP), Refusal.SOURCE_TOO_FAST, 0);
        establish(from("198.18.9.2", 40000, Transport.TCP), "another's first");
    }

    @Test
    void backendsThatHaveAsManyFlowsAsTheyMayHaveAreSteppedOver() throws Exception {
        judge(0, 0, 0, 1);
        for (int n = 0; n < BACKENDS; n++) {
            establish(from("198.18.9.1", 40000 + n, Transport.TCP), "flow " + n);
        }
        isRefused(from("198.18.9.1", 41000, Transport.TCP), Refusal.BACKENDS_FULL, 0);
        setState(0, State.READY);
        Outcome withoutLimit =
                askedAndDone(from("198.18.9.1", 41001, Transport.TCP), Packet.FIRST, "one without limit");
        assertThat(Objects.requireNonNull(withoutLimit.flow()).slot()).isZero();
    }

    private static FlowTuple back(FlowTuple sent) {
        return new FlowTuple(sent.transport(), /* source= */ sent.destination(), /* destination= */ sent.source());
    }

    private static FlowTuple randomFlow(Random random) {
        boolean ipv6 = random.nextInt(3) == 0;
        Mode mode = random.nextInt(3) == 0 ? MODES.get(random.nextInt(3)) : Mode.FULL_NAT;
        int client = 1 + random.nextInt(50);
        int port = random.nextInt(25) == 0 ? 20000 + random.nextInt(PORTS) : portOf(mode);
        return new FlowTuple(
                random.nextInt(4) == 0 ? Transport.UDP : Transport.TCP,
                new Endpoint(
                        IpAddress.parse(ipv6 ? "2001:db8:9::" + client : "198.18.9." + client),
                        1024 + random.nextInt(60_000)),
                new Endpoint(ipv6 ? VIP6 : VIP, port));
    }

    @Test
    void aSegmentOfAConnectionOfThisHostGoesUpToIt() throws Exception {
        NativeBpfBuild.run("ip", "address", "add", VIP + "/32", "dev", "lo");
        InetAddress address = InetAddress.getByName(VIP.toString());
        try (ServerSocket server = new ServerSocket(portOf(Mode.FULL_NAT), 1, address);
                Socket client = new Socket(address, server.getLocalPort())) {
            FlowTuple flow = new FlowTuple(
                    Transport.TCP, new Endpoint(VIP, client.getLocalPort()), new Endpoint(VIP, portOf(Mode.FULL_NAT)));
            assertThat(trial.ask(flow, Packet.LATER, Gates.AS_THEY_ARE).verdict())
                    .isEqualTo(Verdict.LEFT_TO_STACK);
            assertThat(trial.ask(flow, Packet.FIRST, Gates.AS_THEY_ARE).verdict())
                    .isEqualTo(Verdict.FORWARDED);
        } finally {
            NativeBpfBuild.run("ip", "address", "delete", VIP + "/32", "dev", "lo");
        }
    }

    @Test
    void behindAShutGateItTellsWhatItWouldDo() throws Exception {
        FlowTuple flow = new FlowTuple(
                Transport.TCP, Endpoint.parse("198.18.9.7:40000"), new Endpoint(VIP, portOf(Mode.FULL_NAT)));
        program.setGate(GATE, false);
        assertThat(program.isGateOpen(GATE)).isFalse();
        assertThat(DIRECTORY.resolve("trial"))
                .as("what would outlive the daemon")
                .doesNotExist();
        assertThat(trial.ask(flow, Packet.FIRST, Gates.AS_THEY_ARE).verdict()).isEqualTo(Verdict.LEFT_TO_STACK);
        Outcome outcome = trial.ask(flow, Packet.FIRST, Gates.ALL_OPEN);
        assertThat(outcome.verdict()).isEqualTo(Verdict.FORWARDED);
        assertThat(Objects.requireNonNull(outcome.hop()).link()).isEqualTo(new InterfaceName("backends"));
        program.setGate(GATE, true);
        assertThat(TrialFrame.read(send(flow, Packet.FIRST, "clients").frame())).isEqualTo(outcome.sent());
    }
}
