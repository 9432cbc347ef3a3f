// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mainstay.kernel.FlowCursor;
import io.mainstay.kernel.FlowEvent;
import io.mainstay.kernel.FlowProgram;
import io.mainstay.kernel.FlowProgram.Backend;
import io.mainstay.kernel.FlowProgram.Role;
import io.mainstay.kernel.FlowProgram.Service;
import io.mainstay.kernel.FlowProgram.ServiceKey;
import io.mainstay.kernel.FlowProgram.State;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.Endpoint;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Prefix;
import io.mainstay.net.Transport;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The data path in the kernel of this machine, in a network and a mount namespace of the test's own. */
@Tag("native")
class BpfFlowProgramTest {

    private static final Path DIRECTORY = Path.of("/sys/fs/bpf/mainstay-test");
    private static final IpAddress VIP = IpAddress.parse("198.18.0.100");
    private static final ServiceKey KEY = new ServiceKey(Transport.TCP, Endpoint.parse("198.18.0.100:80"));
    private static final Service SERVICE = new Service(1, false, FlowProgram.Mode.FULL_NAT, 0, 251, 0, 1);

    private BpfFlowProgram.Files files;

    @BeforeEach
    void need() throws Exception {
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
    }

    @AfterEach
    void unload() throws IOException {
        if (files != null) {
            BpfFlowProgram.unload(files);
        }
    }

    private BpfFlowProgram open() throws IOException {
        return BpfFlowProgram.open(files, Map.of("flows", 1000));
    }

    @Test
    void whatIsWrittenStaysWhenTheProcessLetsGo() throws Exception {
        Backend backend = new Backend(IpAddress.parse("198.18.0.11"), 8080, State.READY, 5);
        Role role = new Role(true, false, 3, 10240, 22528);
        byte[] owner = "0123456789abcdef".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        try (BpfFlowProgram program = open()) {
            program.setSettings(new FlowProgram.Settings(1, 2, false, 3, 4, 5));
            program.setFilter(Set.of(VIP));
            program.putAddress(VIP, role);
            program.setGate(3, true);
            program.putBackend(16383, backend);
            program.putOwner(16383, owner);
            program.putSource(0, new FlowProgram.Source(VIP, 10240, 22528));
            program.putTable(7, new int[] {16383, 16383});
            program.putService(KEY, SERVICE);
        }
        try (BpfFlowProgram program = open()) {
            assertThat(program.addresses()).containsExactly(Map.entry(VIP, role));
            assertThat(program.services()).containsExactly(Map.entry(KEY, SERVICE));
            assertThat(program.backends()).hasSize(16384).endsWith(backend);
            assertThat(program.owners().getLast()).isEqualTo(owner);
            program.removeService(KEY);
            program.removeService(KEY);
            program.removeAddress(VIP);
            assertThat(program.services()).isEmpty();
            assertThat(program.addresses()).isEmpty();
        }
    }

    @Test
    void clockRunsAndNothingHasHappened() throws Exception {
        try (BpfFlowProgram program = open()) {
            FlowProgram.Clock first = program.clock();
            FlowProgram.Clock later = program.clock();
            while (later.ticks() == first.ticks()) {
                later = program.clock();
            }
            assertThat(later.nanos()).isGreaterThan(first.nanos());
            assertThat(program.traffic(10)).hasSize(10).allMatch(traffic -> traffic.flowsNew() == 0);
            assertThat(program.events())
                    .hasSize(FlowEvent.values().length)
                    .allSatisfy((event, count) -> assertThat(count).isZero());
            program.forEachFlow(flow -> assertThat(flow).isNull());
        }
    }

    @Test
    void aDoorKeepsItsCountsWhileItsServiceIsChanged() throws Exception {
        FlowProgram.Door door = new FlowProgram.Door(42, 2, 3, 4, 5, 32, 64);
        try (BpfFlowProgram program = open()) {
            program.putDoor(7, door);
            assertThat(program.refusals()).containsOnlyKeys(7);
            program.setAccess(7, Map.of(Prefix.parse("198.18.0.0/15"), false), true);
            try (BpfMap refusals = refusals()) {
                byte[] counts = new byte[refusals.copies() * REFUSALS_OCTETS];
                ByteBuffer.wrap(counts)
                        .order(ByteOrder.nativeOrder())
                        .putLong(0, 5)
                        .putLong(counts.length - 8, 3);
                refusals.put(7, counts);
            }
        }
        try (BpfFlowProgram program = open()) {
            program.putDoor(7, new FlowProgram.Door(42, 9, 3, 4, 5, 32, 64));
            assertThat(program.doors()).containsOnly(Map.entry(7, new FlowProgram.Door(42, 9, 3, 4, 5, 32, 64)));
            assertThat(program.refusals().get(7))
                    .containsEntry(FlowProgram.Refusal.DENIED, 5L)
                    .containsEntry(FlowProgram.Refusal.NO_RESOURCES, 3L)
                    .containsEntry(FlowProgram.Refusal.SERVICE_FULL, 0L);
            program.setAccess(7, Map.of(), false);
            program.removeAccess(7);
            program.removeAccess(7);
            program.removeDoor(7);
            assertThat(program.doors()).isEmpty();
            assertThat(program.refusals()).isEmpty();
        }
    }

    private static final int REFUSALS_OCTETS = FlowProgram.Refusal.values().length * Long.BYTES;

    private static BpfMap refusals() throws KernelException {
        return BpfMap.open(DIRECTORY.resolve("maps/refusals"), FlowAbi.INDEX_OCTETS, REFUSALS_OCTETS);
    }

    /** A flow as the data path leaves it, from 198.18.0.50:40000 to the VIP, and on from there to a backend. */
    private static byte[] flowKey() {
        return ByteBuffer.allocate(FlowAbi.TUPLE_OCTETS)
                .put(FlowAbi.address(IpAddress.parse("198.18.0.50")))
                .put(FlowAbi.address(VIP))
                .putShort((short) 40000)
                .putShort((short) 80)
                .put((byte) FlowAbi.PROTOCOL_TCP)
                .array();
    }

    @Test
    void flowsAreCountedAndCountedOutByTheProgramItself() throws Exception {
        try (BpfFlowProgram program = open();
                BpfMap flows =
                        BpfMap.open(DIRECTORY.resolve("maps/flows"), FlowAbi.TUPLE_OCTETS, FlowAbi.FLOW_OCTETS)) {
            program.putDoor(7, new FlowProgram.Door(42, 1, 1, 0, 0, 32, 64));
            byte[] flow = ByteBuffer.allocate(FlowAbi.FLOW_OCTETS)
                    .order(ByteOrder.nativeOrder())
                    .putInt(FlowAbi.FLOW_STATE, FlowCursor.LIVE)
                    .array();
            flows.put(flowKey(), flow);
            program.forEachFlow(each -> each.count(7));
            assertThat(live(7)).isEqualTo(1);
            program.forEachFlow(each -> {
                assertThat(each.door()).isEqualTo(7);
                assertThat(each.state() & FlowCursor.COUNTED).isNotZero();
                each.count(7);
                each.uncount();
            });
            assertThat(live(7)).isZero();
            program.forEachFlow(each -> each.count(7));
            program.sweepClients();
            assertThat(clients()).as("it has a flow").isEqualTo(1);
            program.forEachFlow(FlowCursor::remove);
            program.forEachFlow(each -> assertThat(each).isNull());
            assertThat(live(7)).isZero();
            program.sweepClients();
            assertThat(clients()).isZero();
        }
    }

    private static int live(int door) throws KernelException {
        try (Arena arena = Arena.ofConfined();
                BpfMap states = BpfMap.open(
                        DIRECTORY.resolve("maps/door_states"), FlowAbi.INDEX_OCTETS, FlowAbi.DOOR_STATE_OCTETS)) {
            MemorySegment state = states.get(arena, arena.allocateFrom(ValueLayout.JAVA_BYTE, FlowAbi.index(door)));
            return Objects.requireNonNull(state).get(FlowAbi.INT, 8);
        }
    }

    private static int clients() throws KernelException {
        AtomicInteger count = new AtomicInteger();
        try (BpfMap counts = BpfMap.open(
                DIRECTORY.resolve("maps/client_counts"), FlowAbi.CLIENT_GROUP_OCTETS, FlowAbi.CLIENT_COUNT_OCTETS)) {
            counts.forEach(Integer.MAX_VALUE, (key, value) -> count.incrementAndGet());
        }
        return count.get();
    }

    @Test
    void latencyIsCountedForSlotsThatAreMeasured() throws Exception {
        try (BpfFlowProgram program = open()) {
            assertThat(program.latencies()).isEmpty();
            program.measure(16383, true);
            assertThat(program.latencies()).containsOnlyKeys(16383);
            FlowProgram.Latency latency =
                    Objects.requireNonNull(program.latencies().get(16383));
            assertThat(latency.connect()).hasSize(FlowAbi.LATENCY_BUCKETS).containsOnly(0L);
            assertThat(latency.firstByte()).hasSize(FlowAbi.LATENCY_BUCKETS).containsOnly(0L);
            program.measure(16383, false);
            program.measure(16383, false);
            assertThat(program.latencies()).isEmpty();
            assertThat(program.embryos(3)).containsExactly(0, 0, 0);
        }
    }

    @Test
    void interfacesRunItAndThoseNoLongerNamedDoNot() throws Exception {
        NativeBpfBuild.run("ip", "link", "add", "flow0", "type", "veth", "peer", "name", "flow1");
        try (BpfFlowProgram program = open()) {
            program.attach(Set.of(new InterfaceName("flow0"), new InterfaceName("none")));
            assertThat(filters("flow0")).contains("mainstay_ingres");
            program.putFormer(VIP, IpAddress.parse("198.18.0.2"), new InterfaceName("none"));
            assertThat(program.formers()).isEmpty();
            program.putFormer(VIP, IpAddress.parse("198.18.0.2"), new InterfaceName("flow0"));
            assertThat(program.formers()).containsExactly(VIP);
            program.removeFormer(VIP);
            assertThat(program.formers()).isEmpty();
            program.attach(Set.of(new InterfaceName("flow1")));
            assertThat(filters("flow0")).doesNotContain("mainstay_ingres");
            assertThat(filters("flow1")).contains("mainstay_ingres");
            assertThat(program.interfaceTowards(IpAddress.parse("127.0.0.1"))).isEqualTo(new InterfaceName("lo"));
            assertThat(program.interfaceTowards(IpAddress.parse("203.0.113.1"))).isNull();
        } finally {
            NativeBpfBuild.run("ip", "link", "delete", "flow0");
        }
    }

    @Test
    void aFilterThatSomebodyTookOffIsPutOnAgain() throws Exception {
        InterfaceName flow0 = new InterfaceName("flow0");
        InterfaceName flow1 = new InterfaceName("flow1");
        NativeBpfBuild.run("ip", "link", "add", "flow0", "type", "veth", "peer", "name", "flow1");
        try (BpfFlowProgram program = open()) {
            assertThat(program.attach(Set.of(flow0, flow1))).isEmpty();
            assertThat(program.attach(Set.of(flow0, flow1))).isEmpty();
            NativeBpfBuild.run("tc", "filter", "delete", "dev", "flow0", "ingress");
            assertThat(program.attach(Set.of(flow0, flow1))).containsExactly(flow0);
            assertThat(filters("flow0")).contains("mainstay_ingres");
            NativeBpfBuild.run("tc", "qdisc", "delete", "dev", "flow1", "clsact");
            assertThat(program.attach(Set.of(flow0, flow1))).containsExactly(flow1);
            assertThat(filters("flow1")).contains("mainstay_ingres");
            NativeBpfBuild.run("tc", "filter", "delete", "dev", "flow0", "ingress");
            NativeBpfBuild.run("tc filter add dev flow0 ingress protocol ip prio 1 u32 match u32 0 0".split(" "));
            for (int look = 0; look < 2; look++) {
                assertThatThrownBy(() -> program.attach(Set.of(flow0, flow1)))
                        .isInstanceOf(KernelException.class)
                        .hasMessageContaining("attach to flow0")
                        .hasMessageEndingWith("(is there another tc filter of priority 1?)");
            }
            NativeBpfBuild.run("tc", "filter", "delete", "dev", "flow0", "ingress");
            assertThat(program.attach(Set.of(flow0, flow1))).containsExactly(flow0);
        } finally {
            NativeBpfBuild.run("ip", "link", "delete", "flow0");
        }
    }

    @Test
    void theFastPathStaysOnInterfacesWhenTheProcessLetsGo() throws Exception {
        InterfaceName flow0 = new InterfaceName("flow0");
        NativeBpfBuild.run("ip", "link", "add", "flow0", "type", "veth", "peer", "name", "flow1");
        try {
            try (BpfFlowProgram program = open()) {
                assertThat(program.accelerate(Set.of(flow0, new InterfaceName("none")), false))
                        .isEqualTo(Map.of(flow0, "xdp: auto is for network cards, and this is a veth"));
                assertThat(details("flow0")).doesNotContain("prog/xdp");
                assertThat(program.accelerate(Set.of(flow0, new InterfaceName("lo")), true))
                        .isEqualTo(Map.of(flow0, "", new InterfaceName("lo"), "not Ethernet"));
            }
            assertThat(details("flow0")).contains("prog/xdp");
            try (BpfFlowProgram program = open()) {
                assertThat(program.accelerate(Set.of(), true)).isEmpty();
            }
            assertThat(details("flow0")).doesNotContain("prog/xdp");
        } finally {
            NativeBpfBuild.run("ip", "link", "delete", "flow0");
        }
    }

    private static String details(String name) throws Exception {
        return String.join("\n", NativeBpfBuild.run("ip", "-details", "link", "show", "dev", name));
    }

    private static String filters(String name) throws Exception {
        return String.join("\n", NativeBpfBuild.run("tc", "filter", "show", "dev", name, "ingress"));
    }

    @Test
    void oneAtATimeHasIt() throws Exception {
        try (BpfFlowProgram program = open()) {
            program.putAddress(VIP, new Role(true, false, 0, 0, 0));
            assertThatThrownBy(this::open)
                    .isInstanceOf(IOException.class)
                    .hasMessage(DIRECTORY + " is another mainstayd's (expected: one with engine: kernel on a host)");
            BpfFlowProgram.unload(files);
            assertThat(program.addresses()).containsOnlyKeys(VIP);
            assertThat(DIRECTORY.resolve("mainstay_ingress")).exists();
        }
        BpfFlowProgram.unload(files);
        assertThat(DIRECTORY).doesNotExist();
    }

    /** As of another container, which shares the network namespace and has a bpf file system of its own. */
    @Test
    void oneAtATimeHasTheInterfacesOfANetworkNamespace() throws Exception {
        BpfFlowProgram.Files others = new BpfFlowProgram.Files(
                files.loader(), files.object(), files.fastPath(), Path.of("/sys/fs/bpf/mainstay-others"));
        NativeBpfBuild.run("ip", "link", "add", "flow0", "type", "veth", "peer", "name", "flow1");
        try {
            try (BpfFlowProgram program = open()) {
                program.attach(Set.of(new InterfaceName("flow0")));
                assertThatThrownBy(() -> BpfFlowProgram.open(others, Map.of("flows", 1000)))
                        .isInstanceOf(IOException.class)
                        .hasMessage("the interfaces of this network namespace are those of process "
                                + ProcessHandle.current().pid()
                                + " (expected: one mainstayd with engine: kernel in a network namespace)");
                BpfFlowProgram.unload(others);
                assertThat(filters("flow0")).contains("mainstay_ingres");
            }
            BpfFlowProgram.open(others, Map.of("flows", 1000)).close();
            BpfFlowProgram.unload(others);
            assertThat(others.directory()).doesNotExist();
        } finally {
            NativeBpfBuild.run("ip", "link", "delete", "flow0");
        }
    }

    @Test
    void anObjectThatIsNoneIsRefusedByName() {
        BpfFlowProgram.Files wrong = new BpfFlowProgram.Files(
                files.loader(), Path.of("pom.xml").toAbsolutePath(), files.fastPath(), DIRECTORY);
        assertThatThrownBy(() -> BpfFlowProgram.open(wrong, Map.of()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("pom.xml");
    }
}
