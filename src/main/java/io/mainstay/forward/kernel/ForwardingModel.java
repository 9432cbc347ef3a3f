// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import io.mainstay.forward.BackendConfig;
import io.mainstay.forward.BackendKey;
import io.mainstay.forward.BackendView;
import io.mainstay.forward.Forwarding;
import io.mainstay.forward.RefusalReason;
import io.mainstay.forward.SipHash;
import io.mainstay.kernel.FlowProgram;
import io.mainstay.kernel.FlowProgram.Mode;
import io.mainstay.kernel.FlowProgram.Role;
import io.mainstay.kernel.FlowProgram.Service;
import io.mainstay.kernel.FlowProgram.ServiceKey;
import io.mainstay.kernel.FlowProgram.State;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The services of a node in the maps of the data path. What is there from an earlier life of the daemon is taken over. Used
 * by one thread.
 */
final class ForwardingModel {

    private static final Duration EMBRYO = Duration.ofSeconds(30);
    private static final Duration HOP = Duration.ofSeconds(1);

    private final KernelSettings settings;
    private final FlowProgram program;
    private final double millisPerTick;
    private final Slots slots;
    private final ServiceTables tables;
    private final Doors doors;
    private final Roles roles;
    private final Fronts fronts;
    private final Map<ServiceKey, Service> written;
    private final Map<List<IpAddress>, Integer> sources = new HashMap<>();
    private final long secret0;
    private final long secret1;
    private final SipHash hash;
    private final Map<String, KernelService> byName = new HashMap<>();
    private List<KernelService> services = List.of();

    /** Services whose new flows have to be judged. */
    private Set<String> judged = Set.of();

    /** What the data path was told last; null: not all of it. */
    private @Nullable List<BackendView> told;

    private int lastServiceId;
    private int nextSource;

    ForwardingModel(KernelSettings settings, FlowProgram program) throws KernelException {
        this.settings = settings;
        this.program = program;
        millisPerTick = TickLength.millis(program);
        ByteBuffer secret = ByteBuffer.wrap(Digest.of(settings.secret()));
        secret0 = secret.getLong();
        secret1 = secret.getLong();
        hash = new SipHash(secret0, secret1);
        slots = new Slots(program);
        doors = new Doors(program);
        written = new HashMap<>(program.services());
        fronts = new Fronts(program);
        roles = new Roles(settings, program);
        tables = new ServiceTables(program, written.values());
        written.values().forEach(service -> lastServiceId = Math.max(lastServiceId, service.id()));
    }

    /** Which gate each virtual address has: the one that it had, as live flows know it by its number. */
    Map<IpAddress, Integer> gates() {
        return roles.gates();
    }

    /**
     * Forwards these services from now on, and no new flow of any other.
     *
     * @param views the backends of all services
     */
    void configure(List<KernelService> wanted, List<BackendView> views) throws KernelException {
        services = List.copyOf(wanted);
        byName.clear();
        services.forEach(service -> byName.put(service.config().name(), service));
        judged = services.stream()
                .filter(Doors::judges)
                .map(service -> service.config().name())
                .collect(Collectors.toUnmodifiableSet());
        // First, so that it is done whatever the kernel refuses afterwards.
        removeServices();
        program.setVirtualMacs(settings.virtualMacs());
        roles.write(services, slots.all());
        writeSettings();
        doors.configure(services);
        takeOver(views);
        tables.keep(byName.keySet());
        slots.dropUnclaimed();
        fronts.write(services);
    }

    private void removeServices() throws KernelException {
        Set<ServiceKey> wanted = new HashSet<>();
        services.forEach(service -> wanted.addAll(service.keys()));
        for (ServiceKey key : List.copyOf(written.keySet())) {
            if (!wanted.contains(key)) {
                program.removeService(key);
                written.remove(key);
            }
        }
    }

    /** Takes over what has become of the backends: as a rule nothing, which is to cost little however many there are. */
    void refresh(List<BackendView> views) throws KernelException {
        tables.giveBackOutgoing();
        if (!views.equals(told)) {
            takeOver(views);
        }
    }

    /**
     * Who takes flows first, then the tables, and only then who takes none any more: at each moment the table of every service has
     * somebody to go to.
     */
    private void takeOver(List<BackendView> views) throws KernelException {
        told = null;
        boolean all = meet(views);
        for (LiveSlot slot : slots.all()) {
            if (slot.wanted() == State.READY) {
                slots.setState(slot, State.READY);
            }
        }
        writeServices();
        for (LiveSlot slot : slots.all()) {
            slots.setState(slot, slot.wanted());
        }
        told = all ? List.copyOf(views) : null;
    }

    /** Knows from now on what is wanted of the backends; whether each that may get flows has a slot. */
    private boolean meet(List<BackendView> views) throws KernelException {
        boolean all = true;
        Set<BackendKey> present = new HashSet<>();
        for (BackendView view : views) {
            KernelService service = byName.get(view.key().service());
            LiveSlot slot = slots.find(view.key());
            if (slot == null && service != null) {
                slot = slots.claim(
                        view.key(), service.portTold(view.key().address().port()));
                all &= slot != null;
            }
            if (slot != null) {
                if (service != null) {
                    slot.setTimers(FlowTimers.of(
                            service.config().timeouts(), service.traffic().udp()));
                    slot.setDoor(
                            judged.contains(view.key().service())
                                    ? doors.id(view.key().service())
                                    : 0);
                    slots.setLimit(slot, limitOf(service, view.key()));
                }
                slot.setView(view);
                present.add(view.key());
            }
        }
        for (LiveSlot slot : slots.all()) {
            if (!present.contains(slot.key())) {
                slot.setView(null);
            }
        }
        return all;
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

    private void writeSettings() throws KernelException {
        long udpMillis = 0;
        for (KernelService service : services) {
            udpMillis =
                    Math.max(udpMillis, service.traffic().udp().sessionTimeout().toMillis());
        }
        program.setSettings(new FlowProgram.Settings(
                secret0,
                secret1,
                roles.hasBackend(),
                ticks(EMBRYO.toMillis()),
                ticks(udpMillis),
                ticks(HOP.toMillis())));
    }

    private int ticks(long millis) {
        return (int) Math.max(1, Math.round(millis / millisPerTick));
    }

    private void writeServices() throws KernelException {
        Map<String, List<LiveSlot>> slotsOf = new HashMap<>();
        for (LiveSlot slot : slots.all()) {
            slotsOf.computeIfAbsent(slot.key().service(), name -> new ArrayList<>())
                    .add(slot);
        }
        for (KernelService service : services) {
            ServiceTables.Part table =
                    tables.write(service, slotsOf.getOrDefault(service.config().name(), List.of()));
            for (ServiceKey key : service.keys()) {
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
                        judged.contains(service.config().name()),
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

    /** Counts and ends flows, see {@link FlowWalk}; then {@link LiveSlot#report} tells. */
    void walk(IntPredicate openGates) throws KernelException {
        List<FlowProgram.Traffic> traffic = program.traffic(slots.bound());
        for (LiveSlot slot : slots.all()) {
            slot.setTraffic(traffic.get(slot.index()));
            slot.beginWalk();
        }
        program.forEachFlow(new FlowWalk(slots, program.clock().ticks(), millisPerTick, openGates));
        slots.all().forEach(LiveSlot::endWalk);
        Set<String> withFlows = new HashSet<>(byName.keySet());
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
        return roles.of(address);
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
            if (service.keys().contains(key)) {
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

    /** Has measured from now on how long those backends take that have come. */
    void measureNew() throws KernelException {
        slots.measureNew();
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
        return new PortCensus(
                        services,
                        List.copyOf(slots.all()),
                        settings.sourcePorts().size())
                .uses();
    }

    Iterable<LiveSlot> slots() {
        return List.copyOf(slots.all());
    }

    /** Lets go of the slot of a backend that is no longer wanted and has no flows; whether it could. */
    boolean giveBackIfDone(LiveSlot slot) throws KernelException {
        boolean wanted = byName.containsKey(slot.key().service());
        if (!slot.isEmpty() || (wanted && slot.view() != null)) {
            return false;
        }
        slots.giveBack(slot);
        return true;
    }

    /** Where packets arrive of clients, of the backends of these services, and of those that may have flows. */
    Set<InterfaceName> interfaces(List<KernelService> wanted) throws KernelException {
        Set<IpAddress> backends = new HashSet<>();
        wanted.forEach(service -> service.config()
                .backends()
                .forEach(backend -> backends.add(backend.address().address())));
        slots.all().forEach(slot -> backends.add(slot.key().address().address()));
        Set<InterfaceName> all = new TreeSet<>(settings.interfaces());
        for (IpAddress backend : backends) {
            InterfaceName towards = program.interfaceTowards(backend);
            if (towards != null) {
                all.add(towards);
            }
        }
        return all;
    }
}
