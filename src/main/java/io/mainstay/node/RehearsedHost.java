// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.election.wire.Advertisement;
import io.mainstay.election.wire.AdvertisementEncoder;
import io.mainstay.election.wire.ChecksumForm;
import io.mainstay.kernel.AddressTable;
import io.mainstay.kernel.AdvertisementSocket;
import io.mainstay.kernel.ClaimSocket;
import io.mainstay.kernel.KernelEvent;
import io.mainstay.kernel.KernelEvents;
import io.mainstay.kernel.LinkState;
import io.mainstay.kernel.LinkTable;
import io.mainstay.kernel.NeighbourAnnouncer;
import io.mainstay.kernel.VirtualInterface;
import io.mainstay.kernel.VirtualInterfaces;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.IpFamily;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Ipv6Address;
import io.mainstay.net.MacAddress;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualAddress;
import io.mainstay.time.MonotonicClock;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.function.Consumer;

/** The host of an {@link ElectionRehearsal}: every interface is there, every call works, and waiting takes no time. */
final class RehearsedHost implements KernelEvents, AddressTable, NeighbourAnnouncer, LinkTable, MonotonicClock {

    private static final MacAddress MAC = new MacAddress(0x02_00_00_00_00_01L);

    /** What a real host cannot carry in one piece is its own affair. */
    private static final int LARGEST_MTU = 65_535;

    private static final IpAddress OWN_IPV4 = IpAddress.parse("192.0.2.2");
    private static final IpAddress OWN_IPV6 = IpAddress.parse("fe80::2");
    private static final IpAddress PEER_IPV4 = IpAddress.parse("192.0.2.3");
    private static final IpAddress PEER_IPV6 = IpAddress.parse("fe80::3");
    private static final Duration WITHOUT_DEADLINE = Duration.ofSeconds(1);

    private final Map<InterfaceName, Set<VirtualAddress>> addresses = new HashMap<>();
    private final Queue<KernelEvent> news = new ArrayDeque<>();
    private MonotonicInstant now = new MonotonicInstant(Duration.ofHours(1).toNanos());
    private boolean carrier = true;

    // What befalls it.

    /** A peer advertises the virtual router over each of its families, unsigned. */
    void hear(VirtualRouterConfig router, Priority priority) {
        for (IpFamily family : router.families()) {
            Advertisement advertisement = new Advertisement(
                    router.protocol().version(),
                    router.vrid(),
                    priority,
                    router.advertisementInterval(),
                    router.advertisedAddresses(family));
            List<IpAddress> peers = router.protocol().unicastPeers(family);
            boolean ipv4 = family == IpFamily.IPV4;
            IpAddress peer = peers.isEmpty() ? (ipv4 ? PEER_IPV4 : PEER_IPV6) : peers.getFirst();
            IpAddress group = ipv4 ? Ipv4Address.VRRP_GROUP : Ipv6Address.VRRP_GROUP;
            IpAddress destination = peers.isEmpty() ? group : (ipv4 ? OWN_IPV4 : OWN_IPV6);
            byte[] message = AdvertisementEncoder.encode(advertisement, ChecksumForm.RFC9568, peer, destination);
            news.add(new KernelEvent.DatagramReceived(
                    router.interfaceName(), new IpDatagram(peer, destination, 255, message)));
        }
    }

    /** Another host says that it has the addresses. */
    void claim(VirtualRouterConfig router, MacAddress claimant) {
        for (VirtualAddress address : router.addresses()) {
            news.add(new KernelEvent.AddressClaimed(router.interfaceName(), address.address(), claimant));
        }
    }

    /** Somebody takes an address off. */
    void lose(VirtualRouterConfig router) {
        VirtualAddress address = router.addresses().getFirst();
        remove(router.interfaceName(), address);
        news.add(new KernelEvent.AddressRemoved(router.interfaceName(), address));
    }

    /** Every cable is pulled, or plugged in. */
    void setCarrier(boolean there) {
        carrier = there;
        addresses.keySet().forEach(name -> news.add(new KernelEvent.LinkChanged(name)));
    }

    // What it does.

    @Override
    public MonotonicInstant now() {
        return now;
    }

    @Override
    public AdvertisementSocket open(InterfaceName interfaceName, Set<IpFamily> families) {
        addresses.computeIfAbsent(interfaceName, fresh -> new HashSet<>());
        return new AdvertisementSocket() {
            @Override
            public void send(IpAddress source, IpAddress destination, byte[] message) {}

            @Override
            public void close() {}
        };
    }

    @Override
    public ClaimSocket listen(InterfaceName interfaceName, Set<IpFamily> families) {
        return () -> {};
    }

    @Override
    public void await(Optional<MonotonicInstant> deadline, Consumer<KernelEvent> sink) {
        if (news.isEmpty()) {
            MonotonicInstant next = deadline.orElse(now.plus(WITHOUT_DEADLINE));
            now = now.hasReached(next) ? now : next;
        }
        for (int count = news.size(); count > 0; count--) {
            sink.accept(news.remove());
        }
    }

    @Override
    public void wake() {}

    @Override
    public void close() {}

    @Override
    public Set<VirtualAddress> list(InterfaceName interfaceName) {
        return Set.copyOf(addresses.getOrDefault(interfaceName, Set.of()));
    }

    @Override
    public void add(InterfaceName interfaceName, VirtualAddress address) {
        addresses.computeIfAbsent(interfaceName, fresh -> new HashSet<>()).add(address);
        news.add(new KernelEvent.AddressAdded(interfaceName, address));
    }

    @Override
    public void remove(InterfaceName interfaceName, VirtualAddress address) {
        addresses.getOrDefault(interfaceName, new HashSet<>()).remove(address);
    }

    @Override
    public void remove(int interfaceIndex, VirtualAddress address) {
        addresses.values().forEach(each -> each.remove(address));
    }

    @Override
    public void announce(InterfaceName interfaceName, IpAddress address) {}

    @Override
    public void probe(InterfaceName interfaceName, IpAddress address) {}

    @Override
    public Optional<LinkState> find(InterfaceName interfaceName) {
        return Optional.of(new LinkState(1, MAC, LARGEST_MTU, true, carrier, List.of(OWN_IPV4, OWN_IPV6)));
    }

    VirtualInterfaces virtualInterfaces() {
        return new VirtualInterfaces() {
            private boolean up;

            @Override
            public Optional<State> find(VirtualInterface wanted) {
                return Optional.of(new State(2, up));
            }

            @Override
            public State make(VirtualInterface wanted) {
                up = false;
                return new State(2, false);
            }

            @Override
            public void setUp(VirtualInterface wanted, boolean goesUp) {
                up = goesUp;
            }

            @Override
            public void remove(VirtualInterface wanted) {}

            @Override
            public List<InterfaceName> removeLeftovers() {
                return List.of();
            }

            @Override
            public void add(VirtualInterface wanted, VirtualAddress address) {}

            @Override
            public void announce(VirtualInterface wanted, IpAddress address) {}

            @Override
            public void advertise(VirtualInterface wanted, IpDatagram advertisement) {}
        };
    }
}
