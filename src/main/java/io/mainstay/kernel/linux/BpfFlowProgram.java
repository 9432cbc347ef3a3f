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
import io.mainstay.net.Prefix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The data path of native/bpf, loaded by {@code mainstay-bpf} and reached through its pinned maps.
 *
 * <p>What is pinned outlives this process; {@link #close} only lets go of it.
 */
public final class BpfFlowProgram implements FlowProgram {

    /** Where maps and programs are pinned. */
    public static final Path DIRECTORY = Path.of("/sys/fs/bpf/mainstay");

    /** What must be 1 for the program to be told routes (native/bpf/README.md). */
    private static final List<Path> FORWARDING_ON_LO =
            List.of(Path.of("/proc/sys/net/ipv4/conf/lo/forwarding"), Path.of("/proc/sys/net/ipv6/conf/lo/forwarding"));

    /**
     * Where everything is.
     *
     * @param loader the program mainstay-bpf
     * @param object the data path, compiled
     * @param fastPath its program for XDP, compiled
     * @param directory where its maps and programs are pinned
     */
    public record Files(Path loader, Path object, Path fastPath, Path directory) {}

    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final BpfLoader loader;
    private final Files files;
    private final RouteLookup routes;
    private final NetlinkLinkTable links;
    private final ResetSender resets;
    private final BpfProgram clockProgram;
    private final BpfMap settings;
    private final BpfMap clock;
    private final BpfMap addresses;
    private final BpfMap filter;
    private final BpfMap gates;
    private final BpfMap services;
    private final BpfMap fronts;
    private final BpfMap tables;
    private final BpfMap sources;
    private final BpfMap backends;
    private final BpfMap owners;
    private final BpfMap flows;
    private final BpfMap embryos;
    private final BpfMap traffic;
    private final BpfMap latency;
    private final BpfMap events;
    private final BpfMap doors;
    private final BpfMap doorStates;
    private final BpfMap refusals;
    private final BpfMap clientCounts;
    private final BpfMap accessLists;
    private final FlowAccount account;

    private Map<InterfaceName, Integer> attached = Map.of();

    private BpfFlowProgram(BpfLoader loader, Files files, PinLock lock) throws KernelException {
        this.loader = loader;
        this.files = files;
        Path directory = files.directory();
        parts.push(lock);
        try {
            NetlinkSocket netlink = part(NetlinkSocket.open());
            routes = new RouteLookup(netlink);
            links = new NetlinkLinkTable(netlink);
            resets = part(ResetSender.open());
            clockProgram = part(BpfProgram.open(directory.resolve("mainstay_clock")));
            account = new FlowAccount(part(BpfProgram.open(directory.resolve("mainstay_account"))));
            Path maps = directory.resolve("maps");
            settings = map(maps, "settings", FlowAbi.INDEX_OCTETS, FlowAbi.SETTINGS_OCTETS);
            clock = map(maps, "clock", FlowAbi.INDEX_OCTETS, FlowAbi.CLOCK_OCTETS);
            addresses = map(maps, "addresses", FlowAbi.ADDRESS_OCTETS, FlowAbi.ROLE_OCTETS);
            filter = map(maps, "filter", FlowAbi.INDEX_OCTETS, Long.BYTES);
            gates = map(maps, "gates", FlowAbi.INDEX_OCTETS, FlowAbi.GATE_OCTETS);
            services = map(maps, "services", FlowAbi.SERVICE_KEY_OCTETS, FlowAbi.SERVICE_OCTETS);
            fronts = map(maps, "fronts", FlowAbi.SERVICE_KEY_OCTETS, FlowAbi.SERVICE_KEY_OCTETS);
            tables = map(maps, "tables", FlowAbi.INDEX_OCTETS, FlowAbi.TABLE_OCTETS);
            sources = map(maps, "sources", FlowAbi.INDEX_OCTETS, FlowAbi.SOURCE_OCTETS);
            backends = map(maps, "backends", FlowAbi.INDEX_OCTETS, FlowAbi.BACKEND_OCTETS);
            owners = map(maps, "owners", FlowAbi.INDEX_OCTETS, FlowAbi.OWNER_OCTETS);
            flows = map(maps, "flows", FlowAbi.TUPLE_OCTETS, FlowAbi.FLOW_OCTETS);
            embryos = map(maps, "embryos", FlowAbi.TUPLE_OCTETS, FlowAbi.FLOW_OCTETS);
            traffic = map(maps, "traffic", FlowAbi.INDEX_OCTETS, FlowAbi.TRAFFIC_OCTETS);
            latency = map(maps, "latency", FlowAbi.INDEX_OCTETS, FlowAbi.LATENCY_OCTETS);
            events = map(maps, "events", FlowAbi.INDEX_OCTETS, FlowAbi.EVENT_OCTETS);
            doors = map(maps, "doors", FlowAbi.INDEX_OCTETS, FlowAbi.DOOR_OCTETS);
            doorStates = map(maps, "door_states", FlowAbi.INDEX_OCTETS, FlowAbi.DOOR_STATE_OCTETS);
            refusals = map(maps, "refusals", FlowAbi.INDEX_OCTETS, Refusal.values().length * Long.BYTES);
            clientCounts = map(maps, "client_counts", FlowAbi.CLIENT_GROUP_OCTETS, FlowAbi.CLIENT_COUNT_OCTETS);
            accessLists = map(maps, "access_lists", FlowAbi.INDEX_OCTETS, Integer.BYTES);
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
        PinLock lock = PinLock.take(files.directory())
                .orElseThrow(() -> new IOException(
                        files.directory() + " is another mainstayd's (expected: one with engine: kernel on a host)"));
        try {
            loader.load(sizes);
            for (Path file : FORWARDING_ON_LO) {
                if (file.toFile().exists()) {
                    setToOne(file);
                }
            }
        } catch (IOException | RuntimeException e) {
            lock.close();
            throw e;
        }
        try {
            return new BpfFlowProgram(loader, files, lock);
        } catch (KernelException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** Takes program, maps and flows out of the kernel, if they are there and no other process has them. */
    public static void unload(Files files) throws IOException {
        if (!files.directory().toFile().exists()) {
            return;
        }
        Optional<PinLock> lock = PinLock.take(files.directory());
        if (lock.isPresent()) {
            try {
                loader(files).unload();
            } finally {
                lock.get().close();
            }
        }
    }

    private static BpfLoader loader(Files files) {
        return new BpfLoader(files.loader(), files.object(), files.directory());
    }

    private static void setToOne(Path file) throws IOException {
        try {
            if (!java.nio.file.Files.readString(file).strip().equals("1")) {
                java.nio.file.Files.writeString(file, "1");
            }
        } catch (IOException e) {
            throw new IOException("write 1 to " + file + ": " + e.getMessage() + " (expected: that it may be set)", e);
        }
    }

    private <T extends AutoCloseable> T part(T part) {
        parts.push(part);
        return part;
    }

    private BpfMap map(Path directory, String name, int key, int value) throws KernelException {
        return part(BpfMap.open(directory.resolve(name), key, value));
    }

    @Override
    public Room room() {
        return new Room(
                gates.entries(),
                backends.entries(),
                tables.entries(),
                sources.entries(),
                services.entries(),
                addresses.entries());
    }

    @Override
    public void setSettings(Settings wanted) throws KernelException {
        settings.put(0, FlowAbi.settings(wanted));
    }

    /** Has the kernel run the program that reads the clock, on a packet that it wants for that. */
    @Override
    public Clock clock() throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            clockProgram.run(arena.allocate(BpfProgram.ETHERNET_HEADER, 8));
            MemorySegment now = clock.get(arena, arena.allocate(FlowAbi.INDEX_OCTETS, 8));
            if (now == null) {
                throw new KernelException("read the clock", Errno.ENOENT.number());
            }
            return new Clock((int) now.get(FlowAbi.LONG, 0), now.get(FlowAbi.LONG, 8));
        }
    }

    @Override
    public Map<IpAddress, Role> addresses() throws KernelException {
        Map<IpAddress, Role> all = new HashMap<>();
        addresses.forEach(Integer.MAX_VALUE, (key, value) -> all.put(FlowAbi.address(key, 0), FlowAbi.role(value)));
        return all;
    }

    @Override
    public void putAddress(IpAddress address, Role role) throws KernelException {
        addresses.put(FlowAbi.address(address), FlowAbi.role(role));
    }

    @Override
    public void removeAddress(IpAddress address) throws KernelException {
        addresses.remove(FlowAbi.address(address));
    }

    @Override
    public void setFilter(Set<IpAddress> wanted) throws KernelException {
        long[] words = new long[FlowAbi.FILTER_WORDS];
        for (IpAddress address : wanted) {
            int bit = FlowAbi.filterBit(address);
            words[bit / Long.SIZE] |= 1L << bit % Long.SIZE;
        }
        try (Arena arena = Arena.ofConfined()) {
            filter.putAll(0, arena.allocateFrom(JAVA_LONG, words), words.length);
        }
    }

    @Override
    public void setGate(int gate, boolean open) throws KernelException {
        gates.put(gate, FlowAbi.index(open ? FlowAbi.GATE_OPEN : 0));
    }

    @Override
    public boolean isGateOpen(int gate) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = gates.get(arena, arena.allocateFrom(JAVA_INT, gate));
            return state != null && state.get(JAVA_INT, 0) == FlowAbi.GATE_OPEN;
        }
    }

    @Override
    public Map<ServiceKey, Service> services() throws KernelException {
        Map<ServiceKey, Service> all = new HashMap<>();
        services.forEach(Integer.MAX_VALUE, (key, value) -> all.put(FlowAbi.serviceKey(key), FlowAbi.service(value)));
        return all;
    }

    @Override
    public void putService(ServiceKey key, Service service) throws KernelException {
        services.put(FlowAbi.serviceKey(key), FlowAbi.service(service));
    }

    @Override
    public void removeService(ServiceKey key) throws KernelException {
        services.remove(FlowAbi.serviceKey(key));
    }

    @Override
    public Map<ServiceKey, ServiceKey> fronts() throws KernelException {
        Map<ServiceKey, ServiceKey> all = new HashMap<>();
        fronts.forEach(Integer.MAX_VALUE, (key, value) -> all.put(FlowAbi.serviceKey(key), FlowAbi.serviceKey(value)));
        return all;
    }

    @Override
    public void putFront(ServiceKey backend, ServiceKey service) throws KernelException {
        fronts.put(FlowAbi.serviceKey(backend), FlowAbi.serviceKey(service));
    }

    @Override
    public void removeFront(ServiceKey backend) throws KernelException {
        fronts.remove(FlowAbi.serviceKey(backend));
    }

    @Override
    public void putTable(int first, int[] slots) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            tables.putAll(first, arena.allocateFrom(JAVA_INT, slots), slots.length);
        }
    }

    @Override
    public int tableSlot(int index) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment slot = tables.get(arena, arena.allocateFrom(JAVA_INT, index));
            if (slot == null) {
                throw new KernelException("read place " + index + " of the tables", Errno.ENOENT.number());
            }
            return slot.get(JAVA_INT, 0);
        }
    }

    @Override
    public void putSource(int index, Source source) throws KernelException {
        sources.put(index, FlowAbi.source(source));
    }

    @Override
    public List<Backend> backends() throws KernelException {
        List<Backend> all = new ArrayList<>();
        backends.forEach(backends.entries(), (key, value) -> all.add(FlowAbi.backend(value)));
        return all;
    }

    @Override
    public void putBackend(int slot, Backend backend) throws KernelException {
        backends.put(slot, FlowAbi.backend(backend));
    }

    @Override
    public List<byte[]> owners() throws KernelException {
        List<byte[]> all = new ArrayList<>();
        owners.forEach(owners.entries(), (key, value) -> all.add(value.toArray(JAVA_BYTE)));
        return all;
    }

    @Override
    public void putOwner(int slot, byte[] name) throws KernelException {
        owners.put(slot, name);
    }

    @Override
    public Map<Integer, Door> doors() throws KernelException {
        Map<Integer, Door> all = new HashMap<>();
        doors.forEach(Integer.MAX_VALUE, (key, value) -> all.put(key.get(FlowAbi.INT, 0), FlowAbi.door(value)));
        return all;
    }

    @Override
    public void putDoor(int id, Door door) throws KernelException {
        byte[] key = FlowAbi.index(id);
        try (Arena arena = Arena.ofConfined()) {
            if (doors.get(arena, arena.allocateFrom(JAVA_BYTE, key)) == null) {
                doorStates.put(key, new byte[FlowAbi.DOOR_STATE_OCTETS]);
                refusals.put(key, new byte[refusals.copies() * Refusal.values().length * Long.BYTES]);
            }
        }
        doors.put(key, FlowAbi.door(door));
    }

    @Override
    public void removeDoor(int id) throws KernelException {
        byte[] key = FlowAbi.index(id);
        doors.remove(key);
        doorStates.remove(key);
        refusals.remove(key);
        accessLists.remove(key);
    }

    @Override
    public void setAccess(int door, Map<Prefix, Boolean> allowed, boolean others) throws KernelException {
        try (BpfMap list = AccessTrie.of(allowed, others)) {
            accessLists.put(FlowAbi.index(door), FlowAbi.index(list.descriptor()));
        }
    }

    @Override
    public void removeAccess(int door) throws KernelException {
        accessLists.remove(FlowAbi.index(door));
    }

    @Override
    public Map<Integer, Map<Refusal, Long>> refusals() throws KernelException {
        Refusal[] reasons = Refusal.values();
        Map<Integer, Map<Refusal, Long>> all = new HashMap<>();
        refusals.forEach(Integer.MAX_VALUE, (key, value) -> {
            Map<Refusal, Long> counts = new EnumMap<>(Refusal.class);
            for (int i = 0; i < reasons.length; i++) {
                long sum = 0;
                for (int copy = 0; copy < refusals.copies(); copy++) {
                    sum += value.get(FlowAbi.LONG, ((long) copy * reasons.length + i) * Long.BYTES);
                }
                counts.put(reasons[i], sum);
            }
            all.put(key.get(FlowAbi.INT, 0), counts);
        });
        return all;
    }

    @Override
    public void sweepClients() throws KernelException {
        List<byte[]> idle = new ArrayList<>();
        clientCounts.forEach(Integer.MAX_VALUE, (key, value) -> {
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
        List<Traffic> all = new ArrayList<>();
        traffic.forEach(slots, (key, value) -> {
            long[] sums = new long[FlowAbi.TRAFFIC_OCTETS / Long.BYTES];
            for (int copy = 0; copy < traffic.copies(); copy++) {
                for (int field = 0; field < sums.length; field++) {
                    sums[field] +=
                            value.get(FlowAbi.LONG, (long) copy * FlowAbi.TRAFFIC_OCTETS + (long) field * Long.BYTES);
                }
            }
            all.add(new Traffic(sums[0], sums[1], sums[2], sums[3], sums[4], sums[5]));
        });
        return all;
    }

    @Override
    public List<Integer> embryos(int slots) throws KernelException {
        Integer[] counts = new Integer[slots];
        Arrays.fill(counts, 0);
        embryos.forEach(Integer.MAX_VALUE, (key, flow) -> {
            int slot = flow.get(FlowAbi.INT, FlowAbi.FLOW_BACKEND);
            if (flow.get(JAVA_BYTE, FlowAbi.FLOW_TO_CLIENT) == 0 && slot < slots) {
                counts[slot]++;
            }
        });
        return List.of(counts);
    }

    @Override
    public void measure(int slot, boolean wanted) throws KernelException {
        if (wanted) {
            latency.put(slot, new byte[latency.copies() * FlowAbi.LATENCY_OCTETS]);
        } else {
            latency.remove(FlowAbi.index(slot));
        }
    }

    @Override
    public Map<Integer, Latency> latencies() throws KernelException {
        Map<Integer, Latency> all = new HashMap<>();
        latency.forEach(Integer.MAX_VALUE, (key, value) -> {
            Long[] sums = new Long[2 * FlowAbi.LATENCY_BUCKETS];
            for (int bucket = 0; bucket < sums.length; bucket++) {
                long sum = 0;
                for (int copy = 0; copy < latency.copies(); copy++) {
                    sum += value.get(FlowAbi.LONG, (long) copy * FlowAbi.LATENCY_OCTETS + (long) bucket * Long.BYTES);
                }
                sums[bucket] = sum;
            }
            List<Long> buckets = List.of(sums);
            all.put(
                    key.get(JAVA_INT, 0),
                    new Latency(
                            buckets.subList(0, FlowAbi.LATENCY_BUCKETS),
                            buckets.subList(FlowAbi.LATENCY_BUCKETS, sums.length)));
        });
        return all;
    }

    @Override
    public Map<FlowEvent, Long> events() throws KernelException {
        return counts(events);
    }

    /** Reads a map {@code events}, summed over the processors. */
    static Map<FlowEvent, Long> counts(BpfMap events) throws KernelException {
        Map<FlowEvent, Long> all = new EnumMap<>(FlowEvent.class);
        FlowEvent[] names = FlowEvent.values();
        events.forEach(names.length, (key, value) -> {
            long sum = 0;
            for (int copy = 0; copy < events.copies(); copy++) {
                sum += value.get(FlowAbi.LONG, (long) copy * FlowAbi.EVENT_OCTETS);
            }
            all.put(names[key.get(JAVA_INT, 0)], sum);
        });
        return all;
    }

    @Override
    public void forEachFlow(Consumer<FlowCursor> visitor) throws KernelException {
        FlowTableCursor cursor = new FlowTableCursor(flows, account, resets);
        try {
            flows.forEach(Integer.MAX_VALUE, (key, value) -> {
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
            MemorySegment flow = flows.get(arena, key);
            boolean embryo = flow == null;
            if (flow == null) {
                flow = embryos.get(arena, key);
            }
            if (flow == null || flow.get(JAVA_BYTE, FlowAbi.FLOW_TO_CLIENT) != 0) {
                return null;
            }
            MemorySegment other = (embryo ? embryos : flows).get(arena, FlowAbi.otherKey(arena, key, flow));
            int seen = flow.get(FlowAbi.INT, FlowAbi.FLOW_SEEN);
            int otherSeen = other == null ? seen : other.get(FlowAbi.INT, FlowAbi.FLOW_SEEN);
            return FlowAbi.entry(flow, embryo, otherSeen - seen > 0 ? otherSeen : seen);
        }
    }

    @Override
    public FlowTrial trial() throws IOException {
        return BpfFlowTrial.open(loader, new BpfFlowTrial.Live(gates, flows, embryos));
    }

    @Override
    public void attach(Set<InterfaceName> interfaces) throws KernelException {
        Map<InterfaceName, Integer> there = new HashMap<>();
        for (LinkMessage link : links.all()) {
            if (interfaces.contains(link.name())) {
                there.put(link.name(), link.index());
            }
        }
        // One that was deleted and came again has another number, and not the program.
        if (there.equals(attached)) {
            return;
        }
        try {
            loader.attach(there.keySet());
            attached = there;
        } catch (IOException e) {
            throw new KernelException(String.valueOf(e.getMessage()), Errno.OTHER.number());
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
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception e) {
                throw new AssertionError("closing a descriptor throws nothing", e);
            }
        }
    }
}
