// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import io.mainstay.forward.BackendConfig;
import io.mainstay.forward.BackendKey;
import io.mainstay.forward.BackendView;
import io.mainstay.forward.Forwarding;
import io.mainstay.forward.ListenerConfig;
import io.mainstay.forward.MaglevTable;
import io.mainstay.forward.RefusalReason;
import io.mainstay.forward.SipHash;
import io.mainstay.kernel.Errno;
import io.mainstay.kernel.FlowProgram;
import io.mainstay.kernel.FlowProgram.Mode;
import io.mainstay.kernel.FlowProgram.Role;
import io.mainstay.kernel.FlowProgram.Service;
import io.mainstay.kernel.FlowProgram.ServiceKey;
import io.mainstay.kernel.FlowProgram.State;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.Endpoint;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The services of a node in the maps of the data path. What is there from an earlier life of the daemon is taken over. Used
 * by one thread.
 */
final class ForwardingModel {

    private static final Duration EMBRYO = Duration.ofSeconds(30);
    private static final Duration HOP = Duration.ofSeconds(1);

    /** With more of a table not ready, the data path would probe long for one that is (native/bpf/choose.h). */
    private static final double MOST_NOT_READY = 0.8;

    private final KernelSettings settings;
    private final FlowProgram program;
    private final double millisPerTick;
    private final Slots slots;
    private final TableSpace tables;
    private final Doors doors;
    private final Map<IpAddress, Integer> gates;
    private final Map<ServiceKey, Service> written;
    private final Map<ServiceKey, ServiceKey> fronts;
    private final Map<IpAddress, Role> roles;
    private final Map<List<IpAddress>, Integer> sources = new HashMap<>();
    private final Map<String, Table> tableOfService = new HashMap<>();
    private final List<Integer> outgoingTables = new ArrayList<>();
    private final long secret0;
    private final long secret1;
    private final SipHash hash;
    private List<KernelService> services = List.of();
    private int lastServiceId;
    private int nextSource;

    /** What a service's part of the tables is made of. */
    private record Recipe(String seed, List<String> names, List<Integer> weights, List<Integer> slots) {}

    private record Table(int first, int size, Recipe recipe) {}

    ForwardingModel(KernelSettings settings, FlowProgram program) throws KernelException {
        this.settings = settings;
        this.program = program;
        millisPerTick = TickLength.millis(program);
        ByteBuffer secret = ByteBuffer.wrap(digest(settings.secret()));
        secret0 = secret.getLong();
        secret1 = secret.getLong();
        hash = new SipHash(secret0, secret1);
        slots = new Slots(program);
        doors = new Doors(program);
        written = new HashMap<>(program.services());
        fronts = new HashMap<>(program.fronts());
        roles = new HashMap<>(program.addresses());
        gates = assignGates();
        tables = new TableSpace(program.room().tables());
        for (Service service : written.values()) {
            tables.occupy(service.tableFirst(), service.tableSize());
            lastServiceId = Math.max(lastServiceId, service.id());
        }
    }

    /** Which gate each virtual address has: the one that it had, as live flows know it by its number. */
    Map<IpAddress, Integer> gates() {
        return gates;
    }

    private Map<IpAddress, Integer> assignGates() {
        Map<IpAddress, Integer> assigned = new LinkedHashMap<>();
        Set<Integer> taken = new HashSet<>();
        for (IpAddress address : settings.virtualAddresses()) {
            Role role = roles.get(address);
            if (role != null && role.ours() && taken.add(role.gate())) {
                assigned.put(address, role.gate());
            }
        }
        int next = 0;
        for (IpAddress address : settings.virtualAddresses()) {
            if (!assigned.containsKey(address)) {
                while (!taken.add(next)) {
                    next++;
                }
                assigned.put(address, next);
            }
        }
        return assigned;
    }

    /**
     * Forwards these services from now on, and no new flow of any other.
     *
     * @param views the backends of all services
     */
    void configure(List<KernelService> wanted, List<BackendView> views) throws KernelException {
        services = List.copyOf(wanted);
        writeRoles();
        writeSettings();
        doors.configure(services);
        takeOver(views);
        slots.dropUnclaimed();
        Map<ServiceKey, KernelService> keys = new HashMap<>();
        for (KernelService service : services) {
            for (ServiceKey key : keys(service)) {
                keys.put(key, service);
            }
        }
        for (ServiceKey key : List.copyOf(written.keySet())) {
            if (!keys.containsKey(key)) {
                program.removeService(key);
                written.remove(key);
            }
        }
        tableOfService.entrySet().removeIf(table -> {
            boolean gone = services.stream()
                    .noneMatch(service -> service.config().name().equals(table.getKey()));
            if (gone) {
                outgoingTables.add(table.getValue().first());
            }
            return gone;
        });
        writeServices();
        writeFronts();
    }

    /** Takes over what has become of the backends. */
    void refresh(List<BackendView> views) throws KernelException {
        outgoingTables.forEach(tables::giveBack);
        outgoingTables.clear();
        takeOver(views);
        writeServices();
    }

    private void takeOver(List<BackendView> views) throws KernelException {
        Map<String, KernelService> byName = new HashMap<>();
        services.forEach(service -> byName.put(service.config().name(), service));
        Map<BackendKey, BackendView> present = new HashMap<>();
        for (BackendView view : views) {
            KernelService service = byName.get(view.key().service());
            LiveSlot slot = slots.find(view.key());
            if (slot == null && service != null) {
                slot = slots.claim(
                        view.key(), portOf(service, view.key().address().port()));
            }
            if (slot != null) {
                if (service != null) {
                    slot.setTimers(FlowTimers.of(
                            service.config().timeouts(), service.traffic().udp()));
                    slot.setDoor(Doors.judges(service) ? doors.id(view.key().service()) : 0);
                    slots.setLimit(slot, limitOf(service, view.key()));
                }
                slot.setView(view);
                present.put(view.key(), view);
                slots.setState(slot, state(view));
            }
        }
        for (LiveSlot slot : slots.all()) {
            if (!present.containsKey(slot.key())) {
                slot.setView(null);
                slots.setState(slot, State.DOWN);
            }
        }
    }

    private static State state(BackendView view) {
        return view.resetting() ? State.DOWN : view.serving() ? State.READY : State.UNHEALTHY;
    }

    /** Of a backend that is not in the configuration any more, and so gets no new flow: 0. */
    private static int limitOf(KernelService service, BackendKey key) {
        for (BackendConfig backend : service.config().backends()) {
            if (backend.name().equals(key.backend()) && backend.address().equals(key.address())) {
                return backend.maxConnections();
            }
        }
        return 0;
    }

    /** The port that the data path is told; 0: the one that the client asked for. */
    private static int portOf(KernelService service, int backendPort) {
        boolean same = service.config().listeners().stream()
                .allMatch(each -> each.endpoint().port() == backendPort);
        return same ? 0 : backendPort;
    }

    private void writeSettings() throws KernelException {
        long udpMillis = 0;
        for (KernelService service : services) {
            udpMillis =
                    Math.max(udpMillis, service.traffic().udp().sessionTimeout().toMillis());
        }
        program.setSettings(new FlowProgram.Settings(
                secret0,
                secret1,
                roles.values().stream().anyMatch(Role::backend),
                ticks(EMBRYO.toMillis()),
                ticks(udpMillis),
                ticks(HOP.toMillis())));
    }

    static byte[] digest(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    private int ticks(long millis) {
        return (int) Math.max(1, Math.round(millis / millisPerTick));
    }

    private void writeRoles() throws KernelException {
        Set<IpAddress> sourcesInUse = new HashSet<>();
        Map<IpAddress, Role> wanted = new HashMap<>();
        for (KernelService service : services) {
            if (service.mode() != Forwarding.DSR) {
                sourcesInUse.addAll(Suitability.sourcesOf(service));
            }
            if (service.mode() == Forwarding.NAT) {
                service.config()
                        .backends()
                        .forEach(backend -> wanted.put(backend.address().address(), new Role(false, true, 0, 0, 0)));
            }
        }
        for (Map.Entry<IpAddress, Integer> gate : gates.entrySet()) {
            boolean source = sourcesInUse.contains(gate.getKey());
            wanted.put(
                    gate.getKey(),
                    new Role(
                            true,
                            false,
                            gate.getValue(),
                            source ? settings.sourcePorts().first() : 0,
                            source ? settings.sourcePorts().size() : 0));
        }
        // Flows of a service or backend that has just gone may go on.
        for (LiveSlot slot : slots.all()) {
            IpAddress address = slot.key().address().address();
            Role role = roles.get(address);
            if (role != null && role.backend()) {
                wanted.putIfAbsent(address, role);
            }
        }
        program.setFilter(wanted.keySet());
        for (Map.Entry<IpAddress, Role> each : wanted.entrySet()) {
            if (!each.getValue().equals(roles.get(each.getKey()))) {
                program.putAddress(each.getKey(), each.getValue());
            }
        }
        for (IpAddress address : roles.keySet()) {
            if (!wanted.containsKey(address)) {
                program.removeAddress(address);
            }
        }
        roles.clear();
        roles.putAll(wanted);
    }

    private static List<ServiceKey> keys(KernelService service) {
        List<ServiceKey> keys = new ArrayList<>();
        for (ListenerConfig listener : service.config().listeners()) {
            for (int offset = 0; offset < listener.ports(); offset++) {
                keys.add(new ServiceKey(listener.transport(), listener.at(offset)));
            }
        }
        return keys;
    }

    /** A backend that has clients by two services is left out, as the one that it answers for does not follow from its packets. */
    private void writeFronts() throws KernelException {
        Map<ServiceKey, ServiceKey> wanted = new HashMap<>();
        Set<ServiceKey> twice = new HashSet<>();
        for (KernelService service : services) {
            if (service.mode() != Forwarding.NAT) {
                continue;
            }
            for (ServiceKey key : keys(service)) {
                for (BackendConfig backend : service.config().backends()) {
                    int port = portOf(service, backend.address().port());
                    Endpoint at = new Endpoint(
                            backend.address().address(),
                            port == 0 ? key.endpoint().port() : port);
                    ServiceKey own = new ServiceKey(key.transport(), at);
                    if (wanted.put(own, key) != null) {
                        twice.add(own);
                    }
                }
            }
        }
        wanted.keySet().removeAll(twice);
        for (ServiceKey gone : List.copyOf(fronts.keySet())) {
            if (!wanted.containsKey(gone)) {
                program.removeFront(gone);
            }
        }
        for (Map.Entry<ServiceKey, ServiceKey> each : wanted.entrySet()) {
            if (!each.getValue().equals(fronts.get(each.getKey()))) {
                program.putFront(each.getKey(), each.getValue());
            }
        }
        fronts.clear();
        fronts.putAll(wanted);
    }

    private void writeServices() throws KernelException {
        for (KernelService service : services) {
            Table table = writeTable(service);
            for (ServiceKey key : keys(service)) {
                List<IpAddress> from = service.mode() == Forwarding.DSR
                        ? List.of()
                        : service.sources().isEmpty() ? List.of(key.endpoint().address()) : service.sources();
                Service before = written.get(key);
                Service wanted = new Service(
                        before == null ? ++lastServiceId : before.id(),
                        Suitability.isBySource(service.config().selection()),
                        Mode.valueOf(service.mode().name()),
                        table.first(),
                        table.size(),
                        from.isEmpty() ? 0 : sourcesAt(from),
                        from.size(),
                        Doors.judges(service),
                        doors.id(service.config().name()));
                if (!wanted.equals(before)) {
                    program.putService(key, wanted);
                    written.put(key, wanted);
                }
            }
        }
    }

    private int sourcesAt(List<IpAddress> addresses) throws KernelException {
        Integer known = sources.get(addresses);
        if (known != null) {
            return known;
        }
        int first = nextSource;
        for (IpAddress address : addresses) {
            program.putSource(
                    nextSource++,
                    new FlowProgram.Source(
                            address,
                            settings.sourcePorts().first(),
                            settings.sourcePorts().size()));
        }
        sources.put(addresses, first);
        return first;
    }

    /** The part of the tables that belongs to a service, written anew elsewhere if other backends are to be in it. */
    private Table writeTable(KernelService service) throws KernelException {
        String name = service.config().name();
        Table present = tableOfService.get(name);
        Recipe recipe = recipe(service);
        if (present != null && present.recipe().equals(recipe)) {
            return present;
        }
        int members = recipe.names().size();
        int size = MaglevTable.leastSize(members);
        int[] weights = recipe.weights().stream().mapToInt(Integer::intValue).toArray();
        short[] shares = MaglevTable.of(recipe.seed(), recipe.names(), weights, size);
        int[] content = new int[shares.length];
        for (int i = 0; i < content.length; i++) {
            content[i] = recipe.slots().get(shares[i]);
        }
        int first = content.length == 0 ? 0 : tables.take(size);
        if (first < 0) {
            throw new KernelException("table of service " + name + ", of " + size + " entries", Errno.ENOMEM.number());
        }
        if (content.length > 0) {
            program.putTable(first, content);
        }
        if (present != null && present.size() > 0) {
            outgoingTables.add(present.first());
        }
        Table table = new Table(first, content.length, recipe);
        tableOfService.put(name, table);
        return table;
    }

    /** By name, so that nodes whose configurations list the backends in another order choose alike. */
    private Recipe recipe(KernelService service) {
        List<LiveSlot> members = new ArrayList<>();
        int weight = 0;
        int ready = 0;
        for (LiveSlot slot : slots.all()) {
            BackendView view = slot.view();
            if (view != null && view.key().service().equals(service.config().name()) && view.weight() > 0) {
                members.add(slot);
                weight += view.weight();
                ready += view.serving() ? view.weight() : 0;
            }
        }
        if (ready > 0 && ready < weight * (1 - MOST_NOT_READY)) {
            members.removeIf(slot -> slot.state() != State.READY);
        }
        members.sort(Comparator.comparing((LiveSlot slot) -> slot.key().backend())
                .thenComparing(slot -> slot.key().address().toString()));
        return new Recipe(
                service.config().selection().hash().seed(),
                members.stream().map(slot -> slot.key().backend()).toList(),
                members.stream().map(ForwardingModel::weight).toList(),
                members.stream().map(LiveSlot::index).toList());
    }

    private static int weight(LiveSlot slot) {
        BackendView view = slot.view();
        return view == null ? 0 : view.weight();
    }

    /** Counts and ends flows, see {@link FlowWalk}; then {@link LiveSlot#report} tells. */
    void walk(IntPredicate openGates) throws KernelException {
        List<FlowProgram.Traffic> traffic = program.traffic(slots.bound());
        for (LiveSlot slot : slots.all()) {
            slot.setTraffic(traffic.get(slot.index()));
            slot.beginWalk();
        }
        program.forEachFlow(new FlowWalk(slots, program.clock().ticks(), millisPerTick, openGates));
        slots.all().forEach(LiveSlot::endWalk);
        Set<String> withFlows = new HashSet<>();
        services.forEach(service -> withFlows.add(service.config().name()));
        slots.all().forEach(slot -> withFlows.add(slot.key().service()));
        doors.keep(withFlows);
    }

    /** What clients were turned away for since this was asked last, by service. */
    Map<String, Map<RefusalReason, Long>> newRefusals() throws KernelException {
        return doors.newRefusals();
    }

    /** Frees the memory of clients that have no flows any more. */
    void sweep() throws KernelException {
        program.sweepClients();
    }

    /** The hash by which the data path chooses. */
    SipHash hash() {
        return hash;
    }

    double millisPerTick() {
        return millisPerTick;
    }

    /** What an address is to the data path; null: nothing. */
    @Nullable
    Role role(IpAddress address) {
        return roles.get(address);
    }

    /** As the data path has it; null: nothing is forwarded from there. */
    @Nullable
    Service written(ServiceKey key) {
        return written.get(key);
    }

    /** The service whose clients arrive there; null: none. */
    @Nullable
    KernelService serviceAt(ServiceKey key) {
        for (KernelService service : services) {
            if (keys(service).contains(key)) {
                return service;
            }
        }
        return null;
    }

    /** The backend that has a slot, under the id that it was given; null: it has gone. */
    @Nullable
    LiveSlot slot(int index, int id) {
        LiveSlot slot = slots.at(index);
        return slot == null || slot.id() != id ? null : slot;
    }

    /** The backend that has a slot now; null: none. */
    @Nullable
    LiveSlot slot(int index) {
        return slots.at(index);
    }

    /** Takes over how long backends take; then each {@link LiveSlot#latency} tells. */
    void takeLatencies() throws KernelException {
        long nowMillis = program.clock().nanos() / 1_000_000;
        Map<Integer, FlowProgram.Latency> counts = program.latencies();
        for (LiveSlot slot : slots.all()) {
            FlowProgram.Latency counted = counts.get(slot.index());
            if (counted != null) {
                slot.latency().take(counted, nowMillis);
            }
        }
    }

    /** Counts the flows that still wait for an answer: of a million in a flood each has a port. */
    void countEmbryos() throws KernelException {
        List<Integer> counts = program.embryos(slots.bound());
        for (LiveSlot slot : slots.all()) {
            slot.setEmbryos(counts.get(slot.index()));
        }
    }

    /** How far the source ports of each service of mode full_nat are taken, as counted last. */
    Map<String, PortUse> ports() {
        Map<String, PortUse> uses = new HashMap<>();
        for (KernelService service : services) {
            if (service.mode() == Forwarding.FULL_NAT) {
                uses.put(service.config().name(), ports(service));
            }
        }
        return uses;
    }

    private PortUse ports(KernelService service) {
        Set<IpAddress> from = Set.copyOf(Suitability.sourcesOf(service));
        Map<Endpoint, Long> taken = new HashMap<>();
        Map<Endpoint, String> names = new HashMap<>();
        for (LiveSlot slot : slots.all()) {
            // Services with a backend and its sources in common have its ports in common.
            if (leavesFrom(slot.key().service(), from)) {
                taken.merge(slot.key().address(), slot.ports(), Long::sum);
            }
            if (slot.key().service().equals(service.config().name())) {
                names.put(slot.key().address(), slot.key().backend());
            }
        }
        long used = 0;
        String fullest = "";
        for (Map.Entry<Endpoint, String> each : names.entrySet()) {
            long ofBackend = taken.getOrDefault(each.getKey(), 0L);
            if (fullest.isEmpty() || ofBackend > used) {
                used = ofBackend;
                fullest = each.getValue();
            }
        }
        return new PortUse(used, (long) from.size() * settings.sourcePorts().size(), from.size(), fullest);
    }

    private boolean leavesFrom(String name, Set<IpAddress> from) {
        return services.stream()
                .anyMatch(service -> service.mode() == Forwarding.FULL_NAT
                        && service.config().name().equals(name)
                        && Set.copyOf(Suitability.sourcesOf(service)).equals(from));
    }

    Iterable<LiveSlot> slots() {
        return List.copyOf(slots.all());
    }

    /** Lets go of the slot of a backend that is no longer wanted and has no flows; whether it could. */
    boolean giveBackIfDone(LiveSlot slot) throws KernelException {
        boolean wanted = services.stream()
                .anyMatch(service -> service.config().name().equals(slot.key().service()));
        if (!slot.isEmpty() || (wanted && slot.view() != null)) {
            return false;
        }
        slots.giveBack(slot);
        return true;
    }

    /** Where packets of clients and backends arrive. */
    Set<InterfaceName> interfaces() throws KernelException {
        Set<InterfaceName> all = new TreeSet<>(settings.interfaces());
        for (LiveSlot slot : slots.all()) {
            InterfaceName towards =
                    program.interfaceTowards(slot.key().address().address());
            if (towards != null) {
                all.add(towards);
            }
        }
        return all;
    }
}
