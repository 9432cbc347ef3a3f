// SPDX-License-Identifier: Apache-2.0
package io.mainstay.sim;

import io.mainstay.kernel.AddressTable;
import io.mainstay.kernel.AdvertisementSocket;
import io.mainstay.kernel.ClaimSocket;
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
import io.mainstay.net.VirtualAddress;
import io.mainstay.time.MonotonicInstant;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The operating system of one node: its interface, addresses and sockets, as far as the ports of {@code kernel} go. */
final class SimulatedHost implements KernelEvents, AddressTable, NeighbourAnnouncer, LinkTable {

    static final InterfaceName INTERFACE = new InterfaceName("eth0");

    /** As a socket's receive buffer, so that a stopped process finds old messages but not all of them. */
    private static final int MOST_WAITING_EVENTS = 256;

    private static final int MOST_EVENTS_PER_LOOK = 16;

    private final SimulatedNetwork network;
    private final SimulatedClock clock;
    private final MacAddress mac;
    private final IpAddress primaryAddress;
    private final List<IpAddress> sources;
    private final Queue<KernelEvent> waiting = new ArrayDeque<>();
    private final Set<VirtualAddress> addresses = new LinkedHashSet<>();

    private HostObserver observer = HostObserver.NOBODY;
    private boolean present = true;
    private boolean carrier = true;
    private int index = 2;
    private @Nullable OpenSocket socket;
    private boolean addRefused;
    private boolean sendRefused;
    private boolean deaf;
    private long callCostNanos;

    SimulatedHost(int number, SimulatedNetwork network, SimulatedClock clock) {
        this.network = network;
        this.clock = clock;
        mac = new MacAddress(0x0200_0000_0000L + number);
        primaryAddress = sourceOf(number, IpFamily.IPV4);
        sources = List.of(primaryAddress, sourceOf(number, IpFamily.IPV6));
    }

    /** The address from which a host advertises. Those of the two families are in opposite orders, to set them at odds. */
    static IpAddress sourceOf(int number, IpFamily family) {
        return IpAddress.parse(family == IpFamily.IPV4 ? "198.18.0." + (10 + number) : "fe80::" + (90 - number));
    }

    /** Whether a unicast packet to the address comes here. */
    boolean has(IpAddress address) {
        return sources.contains(address);
    }

    void observedBy(HostObserver newObserver) {
        observer = newObserver;
    }

    MacAddress mac() {
        return mac;
    }

    IpAddress primaryAddress() {
        return primaryAddress;
    }

    boolean isPlugged() {
        return present && carrier;
    }

    boolean stands(VirtualAddress address) {
        return addresses.contains(address);
    }

    boolean hasWaitingEvents() {
        return !waiting.isEmpty();
    }

    // What befalls the host.

    void setCarrier(boolean on, boolean told) {
        carrier = on;
        tell(new KernelEvent.LinkChanged(INTERFACE), told);
    }

    /** The interface goes, and with it its addresses. */
    void removeInterface(boolean told) {
        present = false;
        addresses.clear();
        tell(new KernelEvent.LinkChanged(INTERFACE), told);
    }

    void recreateInterface(boolean told) {
        present = true;
        index++;
        tell(new KernelEvent.LinkChanged(INTERFACE), told);
    }

    void setAddRefused(boolean refused) {
        addRefused = refused;
    }

    void setSendRefused(boolean refused) {
        sendRefused = refused;
    }

    /** While deaf it receives nothing, as a virtual machine that is paused whole. */
    void setDeaf(boolean isDeaf) {
        deaf = isDeaf;
    }

    void setCallCost(long nanos) {
        callCostNanos = nanos;
    }

    /** Somebody else takes an address away. */
    void removeByStranger(VirtualAddress address) {
        if (addresses.remove(address)) {
            tell(new KernelEvent.AddressRemoved(INTERFACE, address), true);
        }
    }

    /** As by a stranger, but without ARP and the like: the guard of the node takes it. */
    void takeByGuard(VirtualAddress address) {
        removeByStranger(address);
    }

    /** The process is gone: its sockets are closed, its addresses stay. */
    void processEnded() {
        socket = null;
        waiting.clear();
    }

    void receive(KernelEvent event) {
        if (socket != null && socket.index == index && isPlugged() && !deaf) {
            tell(event, true);
        }
    }

    private void tell(KernelEvent event, boolean told) {
        if (told && waiting.size() < MOST_WAITING_EVENTS) {
            waiting.add(event);
            observer.eventArrived();
        }
    }

    // The ports.

    @Override
    public AdvertisementSocket open(InterfaceName name, Set<IpFamily> families) throws KernelException {
        requirePresent("open " + name);
        OpenSocket opened = new OpenSocket(index);
        socket = opened;
        return opened;
    }

    @Override
    public ClaimSocket listen(InterfaceName name, Set<IpFamily> families) {
        throw new AssertionError("nobody listens for claims alone here");
    }

    @Override
    public void await(Optional<MonotonicInstant> deadline, Consumer<KernelEvent> sink) {
        for (int i = 0; i < MOST_EVENTS_PER_LOOK; i++) {
            KernelEvent event = waiting.poll();
            if (event == null) {
                return;
            }
            sink.accept(event);
        }
    }

    @Override
    public void wake() {
        observer.eventArrived();
    }

    @Override
    public void close() {
        socket = null;
    }

    @Override
    public Set<VirtualAddress> list(InterfaceName name) throws KernelException {
        clock.spend(callCostNanos);
        requirePresent("list addresses of " + name);
        return new LinkedHashSet<>(addresses);
    }

    @Override
    public void add(InterfaceName name, VirtualAddress address) throws KernelException {
        clock.spend(callCostNanos);
        requirePresent("add " + address + " to " + name);
        if (addRefused) {
            throw new KernelException("add " + address + " to " + name, Errno.EPERM.number());
        }
        observer.addressAdded(address);
        if (addresses.add(address)) {
            tell(new KernelEvent.AddressAdded(INTERFACE, address), true);
        }
    }

    @Override
    public void remove(InterfaceName name, VirtualAddress address) {
        remove(index, address);
    }

    /** An interface that is gone took its addresses along. */
    @Override
    public void remove(int interfaceIndex, VirtualAddress address) {
        if (interfaceIndex != index) {
            return;
        }
        clock.spend(callCostNanos);
        observer.addressRemoved(address);
        if (addresses.remove(address)) {
            tell(new KernelEvent.AddressRemoved(INTERFACE, address), true);
        }
    }

    @Override
    public void announce(InterfaceName name, IpAddress address) throws KernelException {
        clock.spend(callCostNanos);
        requirePresent("announce " + address + " on " + name);
        observer.announced(address);
        network.announce(this, address, clock.busyNanos());
    }

    @Override
    public void probe(InterfaceName name, IpAddress address) throws KernelException {
        clock.spend(callCostNanos);
        requirePresent("probe " + address + " on " + name);
        network.probe(this, address, clock.busyNanos());
    }

    boolean answersFor(IpAddress address) {
        return isPlugged() && addresses.stream().anyMatch(own -> own.address().equals(address));
    }

    @Override
    public Optional<LinkState> find(InterfaceName name) {
        clock.spend(callCostNanos);
        return present ? Optional.of(new LinkState(index, mac, 1500, true, carrier, sources)) : Optional.empty();
    }

    private void requirePresent(String operation) throws KernelException {
        if (!present) {
            throw new KernelException(operation, Errno.ENODEV.number());
        }
    }

    private final class OpenSocket implements AdvertisementSocket {

        private final int index;

        OpenSocket(int index) {
            this.index = index;
        }

        @Override
        public void send(IpAddress source, IpAddress destination, byte[] message) throws KernelException {
            clock.spend(callCostNanos);
            if (sendRefused || !present || index != SimulatedHost.this.index) {
                throw new KernelException("send to " + destination + " on " + INTERFACE, Errno.ENOBUFS.number());
            }
            observer.advertised(source, destination, message);
            network.advertise(SimulatedHost.this, source, destination, message, clock.busyNanos());
        }

        @Override
        public void close() {
            if (socket == this) {
                socket = null;
            }
        }
    }
}
