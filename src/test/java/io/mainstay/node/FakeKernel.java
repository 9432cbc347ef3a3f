// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.election.wire.Advertisement;
import io.mainstay.election.wire.AdvertisementEncoder;
import io.mainstay.election.wire.ChecksumForm;
import io.mainstay.election.wire.VrrpVersion;
import io.mainstay.kernel.AddressTable;
import io.mainstay.kernel.AdvertisementSocket;
import io.mainstay.kernel.ClaimSocket;
import io.mainstay.kernel.Detours;
import io.mainstay.kernel.Errno;
import io.mainstay.kernel.Guard;
import io.mainstay.kernel.KeptConnections;
import io.mainstay.kernel.KernelEvent;
import io.mainstay.kernel.KernelEvents;
import io.mainstay.kernel.KernelException;
import io.mainstay.kernel.LinkState;
import io.mainstay.kernel.LinkTable;
import io.mainstay.kernel.NeighbourAnnouncer;
import io.mainstay.kernel.NoGuard;
import io.mainstay.kernel.NoVirtualInterfaces;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.IpFamily;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Ipv6Address;
import io.mainstay.net.MacAddress;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualAddress;
import io.mainstay.net.VirtualRouterId;
import io.mainstay.time.MonotonicClock;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** A host with any number of interfaces, whose clock goes only when a test says so. Notes what the driver does. */
final class FakeKernel implements KernelEvents, AddressTable, NeighbourAnnouncer, LinkTable, MonotonicClock {

    final List<String> deeds = new ArrayList<>();
    /** What went out, hop limit apart. */
    final List<IpDatagram> sent = new ArrayList<>();

    final Set<String> failing = new LinkedHashSet<>();
    final Deque<KernelEvent> waiting = new ArrayDeque<>();

    private final Map<InterfaceName, LinkState> links = new HashMap<>();
    private final Map<InterfaceName, Set<VirtualAddress>> addresses = new HashMap<>();
    private final Map<InterfaceName, Integer> open = new HashMap<>();
    private MonotonicInstant now = new MonotonicInstant(1_000_000_000);
    private Duration costOfAdding = Duration.ZERO;
    private Duration costOfSending = Duration.ZERO;
    private Duration clockError = Duration.ZERO;
    private int wakes;
    private int listings;
    private boolean closed;

    ElectionPorts ports() {
        return ports(new NoGuard());
    }

    ElectionPorts ports(Guard guard) {
        return new ElectionPorts(this, this, this, this, this, this::timeOfDay, guard);
    }

    /** Of a host on which connections live on. */
    ElectionPorts drainingPorts() {
        return new ElectionPorts(
                this,
                this,
                this,
                this,
                this,
                this::timeOfDay,
                new NoGuard(),
                new NoVirtualInterfaces(),
                keptConnections,
                detours);
    }

    private final KeptConnections keptConnections = new KeptConnections() {
        @Override
        public void keep(InterfaceName arrivesOn, IpAddress address) throws KernelException {
            deed("keep " + arrivesOn + " " + address);
        }

        @Override
        public void letGo(InterfaceName arrivesOn, IpAddress address) throws KernelException {
            deed("let go " + arrivesOn + " " + address);
        }

        @Override
        public List<IpAddress> removeLeftovers() {
            return List.of();
        }
    };

    private final Detours detours = new Detours() {
        @Override
        public void open(
                IpAddress address, InterfaceName leavesBy, IpAddress gateway, MonotonicInstant until, int credit) {
            deeds.add("detour " + address + " by " + leavesBy + " to " + gateway + " for "
                    + until.since(now).toMillis() + " ms");
        }

        @Override
        public void close(IpAddress address) {
            deeds.add("no detour " + address);
        }
    };

    // What a test does.

    void plug(String name, int index, String... sources) {
        setLink(
                name,
                new LinkState(
                        index,
                        mac(index),
                        1500,
                        true,
                        true,
                        Stream.of(sources).map(IpAddress::parse).toList()));
    }

    void setLink(String name, LinkState state) {
        InterfaceName interfaceName = new InterfaceName(name);
        links.put(interfaceName, state);
        addresses.computeIfAbsent(interfaceName, ignored -> new LinkedHashSet<>());
        waiting.add(new KernelEvent.LinkChanged(interfaceName));
    }

    void unplug(String name, boolean told) {
        InterfaceName interfaceName = new InterfaceName(name);
        links.remove(interfaceName);
        addresses.remove(interfaceName);
        if (told) {
            waiting.add(new KernelEvent.LinkChanged(interfaceName));
        }
    }

    /** The interface lives on under another name. */
    void rename(String name, String newName) {
        InterfaceName before = new InterfaceName(name);
        InterfaceName after = new InterfaceName(newName);
        links.put(after, Objects.requireNonNull(links.remove(before)));
        addresses.put(after, Objects.requireNonNull(addresses.remove(before)));
        waiting.add(new KernelEvent.LinkChanged(before));
        waiting.add(new KernelEvent.LinkChanged(after));
    }

    static MacAddress mac(int index) {
        return new MacAddress(0x02_00_00_00_00_00L + index);
    }

    Set<VirtualAddress> addressesOf(String name) {
        return addresses.getOrDefault(new InterfaceName(name), Set.of());
    }

    void put(String name, String address) {
        addresses
                .computeIfAbsent(new InterfaceName(name), ignored -> new LinkedHashSet<>())
                .add(VirtualAddress.parse(address));
    }

    void advance(Duration duration) {
        now = now.plus(duration);
    }

    /** Goes with the time of the election, but for what a test sets it off by. */
    Instant timeOfDay() {
        return Instant.ofEpochSecond(1_800_000_000L, now.nanos()).plus(clockError);
    }

    void setClockError(Duration error) {
        clockError = error;
    }

    void setCostOfSending(Duration cost) {
        costOfSending = cost;
    }

    void setCostOfAdding(Duration cost) {
        costOfAdding = cost;
    }

    void hear(String name, String source, int vrid, int priority) {
        IpAddress from = IpAddress.parse(source);
        Advertisement advertisement = new Advertisement(
                VrrpVersion.V3,
                new VirtualRouterId(vrid),
                new Priority(priority),
                Duration.ofSeconds(1),
                List.of(IpAddress.parse("198.18.0.200")));
        byte[] message =
                AdvertisementEncoder.encode(advertisement, ChecksumForm.PSEUDO_HEADER, from, Ipv4Address.VRRP_GROUP);
        hear(name, new IpDatagram(from, Ipv4Address.VRRP_GROUP, 255, message));
    }

    /** By multicast, in the checksum form of RFC 9568. */
    void hear(String name, String source, Advertisement advertisement) {
        IpAddress from = IpAddress.parse(source);
        IpAddress group = from instanceof Ipv4Address ? Ipv4Address.VRRP_GROUP : Ipv6Address.VRRP_GROUP;
        hear(
                name,
                new IpDatagram(
                        from,
                        group,
                        255,
                        AdvertisementEncoder.encode(advertisement, ChecksumForm.RFC9568, from, group)));
    }

    void hear(String name, IpDatagram datagram) {
        waiting.add(new KernelEvent.DatagramReceived(new InterfaceName(name), datagram));
    }

    List<String> takeDeeds() {
        List<String> taken = List.copyOf(deeds);
        deeds.clear();
        return taken;
    }

    int wakes() {
        return wakes;
    }

    /** How often the addresses of an interface were asked for. */
    int listings() {
        return listings;
    }

    boolean isClosed() {
        return closed;
    }

    boolean isOpen(String name) {
        return open.getOrDefault(new InterfaceName(name), 0) > 0;
    }

    private void deed(String deed) throws KernelException {
        refuse(deed);
        deeds.add(deed);
    }

    private void refuse(String deed) throws KernelException {
        for (String pattern : failing) {
            if (deed.startsWith(pattern)) {
                deeds.add(deed + " fails");
                throw new KernelException(deed, Errno.EPERM.number());
            }
        }
    }

    // The ports.

    @Override
    public MonotonicInstant now() {
        return now;
    }

    @Override
    public AdvertisementSocket open(InterfaceName name, Set<IpFamily> families) throws KernelException {
        deed("open " + name);
        open.merge(name, 1, Integer::sum);
        return new AdvertisementSocket() {
            @Override
            public void send(IpAddress source, IpAddress destination, byte[] message) throws KernelException {
                advance(costOfSending);
                refuse("send " + name + " from " + source + " to " + destination);
                deed("send " + name + " vrid " + message[1] + " priority " + (message[2] & 0xFF));
                sent.add(new IpDatagram(source, destination, 255, message));
            }

            @Override
            public void close() {
                open.merge(name, -1, Integer::sum);
            }
        };
    }

    @Override
    public ClaimSocket listen(InterfaceName name, Set<IpFamily> families) {
        throw new AssertionError("nobody listens for claims alone here");
    }

    @Override
    public void await(Optional<MonotonicInstant> deadline, Consumer<KernelEvent> sink) throws KernelException {
        if (failing.contains("await")) {
            throw new KernelException("poll", Errno.ENOMEM.number());
        }
        for (int i = 0; i < 4 && !waiting.isEmpty(); i++) {
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

    @Override
    public Set<VirtualAddress> list(InterfaceName name) throws KernelException {
        listings++;
        Set<VirtualAddress> there = addresses.get(name);
        if (there == null) {
            throw new KernelException("list " + name, Errno.ENODEV.number());
        }
        return new LinkedHashSet<>(there);
    }

    @Override
    public void add(InterfaceName name, VirtualAddress address) throws KernelException {
        advance(costOfAdding);
        deed("add " + name + " " + address);
        addresses.computeIfAbsent(name, ignored -> new LinkedHashSet<>()).add(address);
    }

    @Override
    public void remove(InterfaceName name, VirtualAddress address) throws KernelException {
        deed("remove " + name + " " + address);
        addresses.getOrDefault(name, new LinkedHashSet<>()).remove(address);
    }

    @Override
    public void remove(int index, VirtualAddress address) throws KernelException {
        for (Map.Entry<InterfaceName, LinkState> each : links.entrySet()) {
            Set<VirtualAddress> there = addresses.getOrDefault(each.getKey(), Set.of());
            if (each.getValue().index() == index && there.contains(address)) {
                remove(each.getKey(), address);
            }
        }
    }

    @Override
    public void announce(InterfaceName name, IpAddress address) throws KernelException {
        deed("announce " + name + " " + address);
    }

    @Override
    public void probe(InterfaceName name, IpAddress address) throws KernelException {
        deed("probe " + name + " " + address);
    }

    @Override
    public Optional<LinkState> find(InterfaceName name) throws KernelException {
        if (failing.contains("find")) {
            throw new KernelException("find " + name, Errno.ENOBUFS.number());
        }
        return Optional.ofNullable(links.get(name));
    }
}
