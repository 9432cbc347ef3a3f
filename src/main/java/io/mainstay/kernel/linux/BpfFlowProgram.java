// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.mainstay.kernel.Errno;
import io.mainstay.kernel.FlowCursor;
import io.mainstay.kernel.FlowEntry;
import io.mainstay.kernel.FlowEvent;
import io.mainstay.kernel.FlowProgram;
import io.mainstay.kernel.FlowTrial;
import io.mainstay.kernel.FlowTuple;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.MacAddress;
import io.mainstay.net.Prefix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The data path of native/bpf, loaded by {@code mainstay-bpf} and reached through its pinned maps.
 *
 * <p>What is pinned outlives this process; {@link #close} only lets go of it.
 */
public final class BpfFlowProgram implements FlowProgram {

    /** Where maps and programs are pinned. */
    public static final Path DIRECTORY = Path.of("/sys/fs/bpf/mainstay");

    /**
     * Where everything is.
     *
     * @param loader the program mainstay-bpf
     * @param object the data path, compiled
     * @param fastPath its program for XDP, compiled
     * @param directory where its maps and programs are pinned
     */
    public record Files(Path loader, Path object, Path fastPath, Path directory) {}

    /** Are closed in reverse order; first among them the locks. */
    private final Deque<AutoCloseable> parts;

    private final BpfLoader loader;
    private final Files files;
    private final FlowMaps maps;
    private final FlowCounters counters;
    private final FlowAccount account;
    private final BpfProgram clockProgram;
    private final RouteLookup routes;
    private final NetlinkLinkTable links;
    private final Attachment attachment;
    private final ResetSender resets;

    private BpfFlowProgram(BpfLoader loader, Files files, Deque<AutoCloseable> locks) throws KernelException {
        this.loader = loader;
        this.files = files;
        Path directory = files.directory();
        parts = locks;
        try {
            NetlinkSocket netlink = part(NetlinkSocket.open());
            routes = new RouteLookup(netlink);
            links = new NetlinkLinkTable(netlink);
            attachment = new Attachment(loader, IngressFilter.DATA_PATH, netlink);
            resets = part(ResetSender.open());
            clockProgram = part(BpfProgram.open(directory.resolve("mainstay_clock")));
            account = new FlowAccount(part(BpfProgram.open(directory.resolve("mainstay_account"))));
            maps = part(FlowMaps.open(directory.resolve("maps"), EnumSet.allOf(FlowMap.class)));
            counters = new FlowCounters(maps);
        } catch (KernelException e) {
            close();
            throw e;
        }
    }

    /**
     * Loads what is not in the kernel yet and opens its maps.
     *
     * @param sizes entries of maps by their names, for those that are not there yet
     * @throws IOException with the reason: the verifier's, a capability or a feature that is missing, another process that has
     *     it
     */
    public static BpfFlowProgram open(Files files, Map<String, Integer> sizes) throws IOException {
        BpfLoader loader = loader(files);
        loader.prepare();
        Deque<AutoCloseable> held = new ArrayDeque<>();
        try {
            held.push(PinsLock.of(files.directory())
                    .orElseThrow(() -> new IOException(files.directory()
                            + " is another mainstayd's (expected: one with engine: kernel on a host)")));
            held.push(NetworkClaim.take()
                    .orElseThrow(() -> new IOException("the interfaces of this network namespace are those of "
                            + NetworkClaim.holder()
                            + " (expected: one mainstayd with engine: kernel in a network namespace)")));
            loader.load(sizes);
            LoopbackForwarding.turnOn();
        } catch (IOException | RuntimeException e) {
            closeAll(held);
            throw e;
        }
        try {
            return new BpfFlowProgram(loader, files, held);
        } catch (KernelException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** Takes program, maps and flows out of the kernel, if they are there and no other process has them. */
    public static void unload(Files files) throws IOException {
        if (!files.directory().toFile().exists()) {
            return;
        }
        try (PinsLock pins = PinsLock.of(files.directory()).orElse(null);
                NetworkClaim network = NetworkClaim.take().orElse(null)) {
            if (pins != null && network != null) {
                loader(files).unload();
            }
        }
    }

    private static BpfLoader loader(Files files) {
        return new BpfLoader(files.loader(), files.object(), files.directory());
    }

    private <T extends AutoCloseable> T part(T part) {
        parts.push(part);
        return part;
    }

    @Override
    public Room room() {
        return new Room(
                maps.get(FlowMap.GATES).entries(),
                maps.get(FlowMap.BACKENDS).entries(),
                maps.get(FlowMap.TABLES).entries(),
                maps.get(FlowMap.SOURCES).entries(),
                maps.get(FlowMap.SERVICES).entries(),
                maps.get(FlowMap.ADDRESSES).entries());
    }

    @Override
    public void setSettings(Settings wanted) throws KernelException {
        maps.get(FlowMap.SETTINGS).put(0, FlowAbi.settings(wanted));
    }

    /** Has the kernel run the program that reads the clock, on a packet that it wants for that. */
    @Override
    public Clock clock() throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            clockProgram.run(arena.allocate(BpfProgram.ETHERNET_HEADER, 8));
            MemorySegment now = maps.get(FlowMap.CLOCK).get(arena, arena.allocate(FlowAbi.INDEX_OCTETS, 8));
            if (now == null) {
                throw new KernelException("read the clock", Errno.ENOENT.number());
            }
            return new Clock((int) now.get(FlowAbi.LONG, 0), now.get(FlowAbi.LONG, 8));
        }
    }

    /** A map, read whole. */
    private <K, V> Map<K, V> all(FlowMap which, Function<MemorySegment, K> key, Function<MemorySegment, V> value)
            throws KernelException {
        Map<K, V> all = new HashMap<>();
        maps.get(which).forEach(Integer.MAX_VALUE, (k, v) -> all.put(key.apply(k), value.apply(v)));
        return all;
    }

    /** An array, read whole. */
    private <V> List<V> list(FlowMap which, Function<MemorySegment, V> value) throws KernelException {
        List<V> all = new ArrayList<>();
        maps.get(which).forEach(maps.get(which).entries(), (k, v) -> all.add(value.apply(v)));
        return all;
    }

    @Override
    public Map<IpAddress, Role> addresses() throws KernelException {
        return all(FlowMap.ADDRESSES, key -> FlowAbi.address(key, 0), FlowAbi::role);
    }

    @Override
    public void putAddress(IpAddress address, Role role) throws KernelException {
        maps.get(FlowMap.ADDRESSES).put(FlowAbi.address(address), FlowAbi.role(role));
    }

    @Override
    public void removeAddress(IpAddress address) throws KernelException {
        maps.get(FlowMap.ADDRESSES).remove(FlowAbi.address(address));
    }

    @Override
    public void setFilter(Set<IpAddress> wanted) throws KernelException {
        putBits(FlowMap.FILTER, FlowAbi.FILTER_WORDS, wanted.stream().mapToInt(FlowAbi::filterBit));
    }

    @Override
    public void setVirtualMacs(Set<MacAddress> wanted) throws KernelException {
        putBits(FlowMap.VIRTUAL_MACS, FlowAbi.VIRTUAL_MAC_WORDS, wanted.stream().mapToInt(FlowAbi::virtualMacBit));
    }

    private void putBits(FlowMap map, int count, IntStream bits) throws KernelException {
        long[] words = new long[count];
        bits.forEach(bit -> words[bit / Long.SIZE] |= 1L << bit % Long.SIZE);
        try (Arena arena = Arena.ofConfined()) {
            maps.get(map).putAll(0, arena.allocateFrom(JAVA_LONG, words), words.length);
        }
    }

    @Override
    public void setGate(int gate, boolean open) throws KernelException {
        int state = open ? FlowAbi.GATE_OPEN | clock().ticks() << FlowAbi.GATE_TICK_SHIFT : 0;
        maps.get(FlowMap.GATES).put(gate, FlowAbi.index(state));
    }

    @Override
    public boolean isGateOpen(int gate) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = maps.get(FlowMap.GATES).get(arena, arena.allocateFrom(JAVA_INT, gate));
            return state != null && (state.get(JAVA_INT, 0) & FlowAbi.GATE_OPEN) != 0;
        }
    }

    @Override
    public Set<IpAddress> formers() throws KernelException {
        return all(FlowMap.FORMERS, key -> FlowAbi.address(key, 0), Function.identity())
                .keySet();
    }

    @Override
    public void putFormer(IpAddress address, IpAddress gateway, InterfaceName leavesBy) throws KernelException {
        Integer index = attachment.index(leavesBy);
        if (index != null) {
            maps.get(FlowMap.FORMERS).put(FlowAbi.address(address), FlowAbi.former(gateway, index));
        }
    }

    @Override
    public void removeFormer(IpAddress address) throws KernelException {
        maps.get(FlowMap.FORMERS).remove(FlowAbi.address(address));
    }

    @Override
    public Map<ServiceKey, Service> services() throws KernelException {
        return all(FlowMap.SERVICES, FlowAbi::serviceKey, FlowAbi::service);
    }

    @Override
    public void putService(ServiceKey key, Service service) throws KernelException {
        maps.get(FlowMap.SERVICES).put(FlowAbi.serviceKey(key), FlowAbi.service(service));
    }

    @Override
    public void removeService(ServiceKey key) throws KernelException {
        maps.get(FlowMap.SERVICES).remove(FlowAbi.serviceKey(key));
    }

    @Override
    public Map<ServiceKey, ServiceKey> fronts() throws KernelException {
        return all(FlowMap.FRONTS, FlowAbi::serviceKey, FlowAbi::serviceKey);
    }

    @Override
    public void putFront(ServiceKey backend, ServiceKey service) throws KernelException {
        maps.get(FlowMap.FRONTS).put(FlowAbi.serviceKey(backend), FlowAbi.serviceKey(service));
    }

    @Override
    public void removeFront(ServiceKey backend) throws KernelException {
        maps.get(FlowMap.FRONTS).remove(FlowAbi.serviceKey(backend));
    }

    @Override
    public void putTable(int first, int[] slots) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            maps.get(FlowMap.TABLES).putAll(first, arena.allocateFrom(JAVA_INT, slots), slots.length);
        }
    }

    @Override
    public int tableSlot(int index) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment slot = maps.get(FlowMap.TABLES).get(arena, arena.allocateFrom(JAVA_INT, index));
            if (slot == null) {
                throw new KernelException("read place " + index + " of the tables", Errno.ENOENT.number());
            }
            return slot.get(JAVA_INT, 0);
        }
    }

    @Override
    public void putSource(int index, Source source) throws KernelException {
        maps.get(FlowMap.SOURCES).put(index, FlowAbi.source(source));
    }

    @Override
    public List<Backend> backends() throws KernelException {
        return list(FlowMap.BACKENDS, FlowAbi::backend);
    }

    @Override
    public void putBackend(int slot, Backend backend) throws KernelException {
        maps.get(FlowMap.BACKENDS).put(slot, FlowAbi.backend(backend));
    }

    @Override
    public List<byte[]> owners() throws KernelException {
        return list(FlowMap.OWNERS, name -> name.toArray(JAVA_BYTE));
    }

    @Override
    public void putOwner(int slot, byte[] name) throws KernelException {
        maps.get(FlowMap.OWNERS).put(slot, name);
    }

    @Override
    public Map<Integer, Door> doors() throws KernelException {
        return all(FlowMap.DOORS, key -> key.get(FlowAbi.INT, 0), FlowAbi::door);
    }

    @Override
    public void putDoor(int id, Door door) throws KernelException {
        byte[] key = FlowAbi.index(id);
        try (Arena arena = Arena.ofConfined()) {
            if (maps.get(FlowMap.DOORS).get(arena, arena.allocateFrom(JAVA_BYTE, key)) == null) {
                maps.get(FlowMap.DOOR_STATES).put(key, new byte[FlowAbi.DOOR_STATE_OCTETS]);
                maps.get(FlowMap.REFUSALS)
                        .put(key, new byte[maps.get(FlowMap.REFUSALS).copies() * Refusal.values().length * Long.BYTES]);
            }
        }
        maps.get(FlowMap.DOORS).put(key, FlowAbi.door(door));
    }

    @Override
    public void removeDoor(int id) throws KernelException {
        byte[] key = FlowAbi.index(id);
        maps.get(FlowMap.DOORS).remove(key);
        maps.get(FlowMap.DOOR_STATES).remove(key);
        maps.get(FlowMap.REFUSALS).remove(key);
        maps.get(FlowMap.ACCESS_LISTS).remove(key);
    }

    @Override
    public void setAccess(int door, Map<Prefix, Boolean> allowed, boolean others) throws KernelException {
        try (BpfMap list = AccessTrie.of(allowed, others)) {
            maps.get(FlowMap.ACCESS_LISTS).put(FlowAbi.index(door), FlowAbi.index(list.descriptor()));
        }
    }

    @Override
    public void removeAccess(int door) throws KernelException {
        maps.get(FlowMap.ACCESS_LISTS).remove(FlowAbi.index(door));
    }

    @Override
    public Map<Integer, Map<Refusal, Long>> refusals() throws KernelException {
        return counters.refusals();
    }

    @Override
    public void sweepClients() throws KernelException {
        List<byte[]> idle = new ArrayList<>();
        maps.get(FlowMap.CLIENT_COUNTS).forEach(Integer.MAX_VALUE, (key, value) -> {
            if (value.get(FlowAbi.INT, 0) == 0) {
                idle.add(key.toArray(JAVA_BYTE));
            }
        });
        for (byte[] group : idle) {
            account.sweep(group);
        }
    }

    @Override
    public List<Traffic> traffic(int slots) throws KernelException {
        return counters.traffic(slots);
    }

    @Override
    public List<Integer> embryos(int slots) throws KernelException {
        return counters.embryos(slots);
    }

    @Override
    public void measure(int slot, boolean wanted) throws KernelException {
        counters.measure(slot, wanted);
    }

    @Override
    public Map<Integer, Latency> latencies() throws KernelException {
        return counters.latencies();
    }

    @Override
    public Map<FlowEvent, Long> events() throws KernelException {
        return counters.events();
    }

    @Override
    public void forEachFlow(Consumer<FlowCursor> visitor) throws KernelException {
        FlowTableCursor cursor = new FlowTableCursor(maps.get(FlowMap.FLOWS), account, resets);
        try {
            maps.get(FlowMap.FLOWS).forEach(Integer.MAX_VALUE, (key, value) -> {
                cursor.moveTo(key, value);
                visitor.accept(cursor);
            });
        } catch (FlowTableCursor.Failure failure) {
            throw failure.reason();
        }
    }

    @Override
    public @Nullable FlowEntry flow(FlowTuple fromClient) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment key = arena.allocateFrom(JAVA_BYTE, FlowAbi.tuple(fromClient));
            MemorySegment flow = maps.get(FlowMap.FLOWS).get(arena, key);
            boolean embryo = flow == null;
            if (flow == null) {
                flow = maps.get(FlowMap.EMBRYOS).get(arena, key);
            }
            if (flow == null || flow.get(JAVA_BYTE, FlowAbi.FLOW_TO_CLIENT) != 0) {
                return null;
            }
            MemorySegment other =
                    maps.get(embryo ? FlowMap.EMBRYOS : FlowMap.FLOWS).get(arena, FlowAbi.otherKey(arena, key, flow));
            int seen = flow.get(FlowAbi.INT, FlowAbi.FLOW_SEEN);
            int otherSeen = other == null ? seen : other.get(FlowAbi.INT, FlowAbi.FLOW_SEEN);
            return FlowAbi.entry(flow, embryo, otherSeen - seen > 0 ? otherSeen : seen);
        }
    }

    @Override
    public FlowTrial trial() throws IOException {
        return BpfFlowTrial.open(loader, maps);
    }

    @Override
    public Set<InterfaceName> attach(Set<InterfaceName> interfaces) throws KernelException {
        try {
            return attachment.attach(interfaces);
        } catch (IOException e) {
            throw KernelException.told(String.valueOf(e.getMessage()));
        }
    }

    @Override
    public Map<InterfaceName, String> accelerate(Set<InterfaceName> interfaces, boolean whateverTheyAre)
            throws IOException {
        Map<InterfaceName, String> objections = new HashMap<>();
        Set<InterfaceName> wanted = new HashSet<>();
        List<XdpCandidate> all = interfaces.isEmpty() ? List.of() : candidates();
        for (XdpCandidate each : all) {
            if (interfaces.contains(each.name())) {
                String objection = whateverTheyAre ? "" : each.objection(all);
                objections.put(each.name(), objection);
                if (objection.isEmpty()) {
                    wanted.add(each.name());
                }
            }
        }
        objections.putAll(loader.accelerate(files.fastPath(), wanted));
        return objections;
    }

    private List<XdpCandidate> candidates() throws IOException {
        try {
            return links.candidates();
        } catch (KernelException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    @Override
    public @Nullable InterfaceName interfaceTowards(IpAddress address) throws KernelException {
        return routes.interfaceTowards(address).orElse(null);
    }

    @Override
    public void close() {
        closeAll(parts);
    }

    private static void closeAll(Deque<AutoCloseable> parts) {
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception e) {
                throw new AssertionError("closing a descriptor throws nothing", e);
            }
        }
    }
}
