// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

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
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The maps of the data path in memory. What a daemon leaves in it, the next one finds. */
final class FakeFlowProgram implements FlowProgram {

    static final int SLOTS = 64;
    static final int TABLES = 10_000;

    final Map<Integer, Boolean> gates = new HashMap<>();
    final Map<IpAddress, Role> roles = new HashMap<>();
    final Map<IpAddress, IpAddress> formers = new HashMap<>();
    final Map<ServiceKey, Service> services = new LinkedHashMap<>();
    final Map<ServiceKey, ServiceKey> fronts = new HashMap<>();
    final List<Backend> backends = new ArrayList<>();
    final List<byte[]> owners = new ArrayList<>();
    final int[] tables = new int[TABLES];
    final Map<Integer, Source> sources = new HashMap<>();
    final Map<Integer, Door> doors = new HashMap<>();
    final Map<Integer, Map<Prefix, Boolean>> accessLists = new HashMap<>();
    final Map<Integer, Map<Refusal, Long>> refusals = new HashMap<>();
    int accessListsWritten;
    final List<FakeFlow> flows = new ArrayList<>();
    final List<State> writtenStates = new ArrayList<>();
    Runnable afterBackend = () -> {};
    boolean refusesBackends;
    Set<IpAddress> filter = Set.of();
    Set<MacAddress> virtualMacs = Set.of();
    Set<InterfaceName> attached = Set.of();
    volatile boolean unattachable;
    volatile Set<InterfaceName> takenOff = Set.of();
    final AtomicInteger attachments = new AtomicInteger();
    int roomForServices = 256;
    Set<InterfaceName> accelerated = Set.of();
    boolean whateverTheyAre;
    int accelerations;
    final Map<InterfaceName, String> objections = new HashMap<>();
    String accelerationRefused = "";
    Settings settings = new Settings(0, 0, false, 0, 0, 0);
    final Map<Integer, Latency> latencies = new HashMap<>();
    final Map<Integer, Integer> embryos = new HashMap<>();
    int tick;
    final Map<FlowTuple, FlowEntry> known = new HashMap<>();
    final FakeFlowTrial trial = new FakeFlowTrial();

    FakeFlowProgram() {
        for (int i = 0; i < SLOTS; i++) {
            backends.add(new Backend(IpAddress.parse("::"), 0, State.ABSENT, 0));
            owners.add(new byte[16]);
        }
    }

    Service service(ServiceKey key) {
        return Objects.requireNonNull(services.get(key));
    }

    /** The slots of a service's table. */
    Set<Integer> table(ServiceKey key) {
        Service service = service(key);
        Set<Integer> slots = new HashSet<>();
        for (int i = 0; i < service.tableSize(); i++) {
            slots.add(tables[service.tableFirst() + i]);
        }
        return slots;
    }

    /** The slots whose backend is in a state. */
    List<Integer> slots(State state) {
        List<Integer> slots = new ArrayList<>();
        for (int i = 0; i < SLOTS; i++) {
            if (backends.get(i).state() == state) {
                slots.add(i);
            }
        }
        return slots;
    }

    @Override
    public Room room() {
        return new Room(256, SLOTS, TABLES, 64, 1000, 1000);
    }

    @Override
    public void setSettings(Settings wanted) {
        settings = wanted;
    }

    /** A millisecond for each look. */
    @Override
    public Clock clock() {
        tick++;
        return new Clock(tick, tick * 1_000_000L);
    }

    @Override
    public Map<IpAddress, Role> addresses() {
        return Map.copyOf(roles);
    }

    @Override
    public void putAddress(IpAddress address, Role role) {
        if (!filter.contains(address)) {
            throw new AssertionError(address + " is not in the filter yet");
        }
        roles.put(address, role);
    }

    @Override
    public void removeAddress(IpAddress address) {
        roles.remove(address);
    }

    @Override
    public void setFilter(Set<IpAddress> addresses) {
        filter = Set.copyOf(addresses);
    }

    @Override
    public void setVirtualMacs(Set<MacAddress> macs) {
        virtualMacs = Set.copyOf(macs);
    }

    @Override
    public void setGate(int gate, boolean open) {
        gates.put(gate, open);
    }

    @Override
    public boolean isGateOpen(int gate) {
        return gates.getOrDefault(gate, false);
    }

    @Override
    public Set<IpAddress> formers() {
        return Set.copyOf(formers.keySet());
    }

    @Override
    public void putFormer(IpAddress address, IpAddress gateway, InterfaceName leavesBy) {
        formers.put(address, gateway);
    }

    @Override
    public void removeFormer(IpAddress address) {
        formers.remove(address);
    }

    @Override
    public Map<ServiceKey, Service> services() {
        return Map.copyOf(services);
    }

    @Override
    public void putService(ServiceKey key, Service service) throws KernelException {
        if (services.size() >= roomForServices && !services.containsKey(key)) {
            throw new KernelException("put " + key, Errno.ENOMEM.number());
        }
        services.put(key, service);
    }

    @Override
    public void removeService(ServiceKey key) {
        services.remove(key);
    }

    @Override
    public Map<ServiceKey, ServiceKey> fronts() {
        return Map.copyOf(fronts);
    }

    @Override
    public void putFront(ServiceKey backend, ServiceKey service) {
        fronts.put(backend, service);
    }

    @Override
    public void removeFront(ServiceKey backend) {
        fronts.remove(backend);
    }

    @Override
    public void putTable(int first, int[] slots) {
        for (Service service : services.values()) {
            if (first < service.tableFirst() + service.tableSize() && service.tableFirst() < first + slots.length) {
                throw new AssertionError("a table in use is written over");
            }
        }
        System.arraycopy(slots, 0, tables, first, slots.length);
    }

    @Override
    public int tableSlot(int index) {
        return tables[index];
    }

    @Override
    public void putSource(int index, Source source) {
        sources.put(index, source);
    }

    @Override
    public List<Backend> backends() {
        return List.copyOf(backends);
    }

    @Override
    public void putBackend(int slot, Backend backend) throws KernelException {
        if (refusesBackends) {
            throw new KernelException("put backend", Errno.ENOMEM.number());
        }
        backends.set(slot, backend);
        writtenStates.add(backend.state());
        afterBackend.run();
    }

    @Override
    public List<byte[]> owners() {
        return List.copyOf(owners);
    }

    @Override
    public void putOwner(int slot, byte[] name) {
        owners.set(slot, name.clone());
    }

    @Override
    public Map<Integer, Door> doors() {
        return Map.copyOf(doors);
    }

    @Override
    public void putDoor(int id, Door door) {
        if (doors.put(id, door) == null) {
            refusals.put(id, new EnumMap<>(Refusal.class));
        }
    }

    @Override
    public void removeDoor(int id) {
        if (services.values().stream().anyMatch(service -> service.door() == id)
                || flows.stream().anyMatch(flow -> flow.door == id && (flow.state & FlowCursor.COUNTED) != 0)) {
            throw new AssertionError("door " + id + " is in use");
        }
        doors.remove(id);
        accessLists.remove(id);
        refusals.remove(id);
    }

    /** As the real one: who is in no network is in the one that holds all. */
    @Override
    public void setAccess(int door, Map<Prefix, Boolean> allowed, boolean others) {
        Map<Prefix, Boolean> list = new HashMap<>(allowed);
        list.putIfAbsent(Prefix.parse("0.0.0.0/0"), others);
        list.putIfAbsent(Prefix.parse("::/0"), others);
        accessLists.put(door, list);
        accessListsWritten++;
    }

    @Override
    public void removeAccess(int door) {
        accessLists.remove(door);
    }

    @Override
    public Map<Integer, Map<Refusal, Long>> refusals() {
        Map<Integer, Map<Refusal, Long>> copy = new HashMap<>();
        refusals.forEach((door, counts) -> copy.put(door, Map.copyOf(counts)));
        return copy;
    }

    @Override
    public void sweepClients() {}

    /** Of one door, to be changed by the test. */
    Map<Refusal, Long> refusalsAt(int door) {
        return Objects.requireNonNull(refusals.get(door));
    }

    @Override
    public List<Traffic> traffic(int slots) {
        return Collections.nCopies(slots, new Traffic(0, 0, 0, 0, 0, 0));
    }

    @Override
    public List<Integer> embryos(int slots) {
        return IntStream.range(0, slots)
                .map(slot -> embryos.getOrDefault(slot, 0))
                .boxed()
                .toList();
    }

    @Override
    public void measure(int slot, boolean wanted) {
        if (wanted) {
            latencies.put(slot, new Latency(Collections.nCopies(24, 0L), Collections.nCopies(24, 0L)));
        } else {
            latencies.remove(slot);
        }
    }

    @Override
    public Map<Integer, Latency> latencies() {
        return Map.copyOf(latencies);
    }

    @Override
    public Map<FlowEvent, Long> events() {
        Map<FlowEvent, Long> all = new HashMap<>();
        for (FlowEvent event : FlowEvent.values()) {
            all.put(event, 0L);
        }
        return all;
    }

    @Override
    public void forEachFlow(Consumer<FlowCursor> visitor) {
        List.copyOf(flows).forEach(visitor);
        flows.removeIf(flow -> flow.removed);
    }

    @Override
    public @Nullable FlowEntry flow(FlowTuple fromClient) {
        return known.get(fromClient);
    }

    @Override
    public FlowTrial trial() {
        return trial;
    }

    @Override
    public Set<InterfaceName> attach(Set<InterfaceName> interfaces) throws KernelException {
        attachments.incrementAndGet();
        if (unattachable) {
            throw new KernelException("attach to eth0", Errno.EEXIST.number());
        }
        attached = Set.copyOf(interfaces);
        Set<InterfaceName> bare = takenOff;
        takenOff = Set.of();
        return bare;
    }

    @Override
    public Map<InterfaceName, String> accelerate(Set<InterfaceName> interfaces, boolean any) throws IOException {
        if (!accelerationRefused.isEmpty()) {
            throw new IOException(accelerationRefused);
        }
        accelerations++;
        accelerated = Set.copyOf(interfaces);
        whateverTheyAre = any;
        Map<InterfaceName, String> told = new HashMap<>();
        interfaces.forEach(name -> told.put(name, objections.getOrDefault(name, "")));
        return told;
    }

    @Override
    public InterfaceName interfaceTowards(IpAddress address) {
        return new InterfaceName("backends");
    }

    @Override
    public void close() {}
}
