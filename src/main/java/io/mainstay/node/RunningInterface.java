// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.election.TransitionReason;
import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.election.wire.AdvertisementDecoder;
import io.mainstay.election.wire.DecodeResult;
import io.mainstay.election.wire.DiscardReason;
import io.mainstay.kernel.AdvertisementSocket;
import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelEvent;
import io.mainstay.kernel.KernelException;
import io.mainstay.kernel.LinkState;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.IpFamily;
import io.mainstay.net.Ipv6Address;
import io.mainstay.net.VirtualAddress;
import io.mainstay.net.VirtualRouterId;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One interface with its virtual routers: opens it when it is there, follows its state, and sorts what arrives on it.
 * Belongs to the election thread.
 */
final class RunningInterface {

    /** A change of the link is told by an event; should one get lost, this finds it. */
    private static final Duration POLL_PAUSE = Duration.ofSeconds(1);

    private static final int MOST_NUMBERS_TOLD = 16;

    private final InterfaceName name;
    private final ElectionPorts ports;
    private final StrangerNotices strangers;
    private final Complaints complaints = new Complaints();
    private final List<RunningRouter> routers = new ArrayList<>();
    private final Map<SegmentNumber, RunningRouter> byNumber = new LinkedHashMap<>();

    /** Whose addresses they are, so that one of hundreds need not ask all routers. */
    private final Map<IpAddress, List<RunningRouter>> byAddress = new HashMap<>();

    private final Map<DiscardReason, Long> discards = new EnumMap<>(DiscardReason.class);

    private @Nullable AdvertisementSocket socket;
    private @Nullable LinkState link;
    private boolean leaving;
    private MonotonicInstant nextPoll;
    private long failures;

    /** What names a virtual router on a segment: each family has its own numbers (RFC 9568 §5.2.3). */
    private record SegmentNumber(VirtualRouterId vrid, IpFamily family) {}

    RunningInterface(InterfaceName name, ElectionPorts ports, ElectionReports reports) {
        this.name = name;
        this.ports = ports;
        strangers = new StrangerNotices(name, reports);
        nextPoll = ports.clock().now();
    }

    /** The kernel's number of the interface, if it is there. */
    Optional<Integer> index() {
        return Optional.ofNullable(link).map(LinkState::index);
    }

    InterfaceName name() {
        return name;
    }

    /** @throws IllegalArgumentException if there is a router of that number already */
    void add(RunningRouter router) {
        VirtualRouterId vrid = router.config().vrid();
        for (IpFamily family : router.config().families()) {
            if (byNumber.putIfAbsent(new SegmentNumber(vrid, family), router) != null) {
                throw new IllegalArgumentException(
                        "vrid on " + name + ": " + vrid + " twice for " + family + " (expected: once)");
            }
        }
        routers.add(router);
        router.config()
                .addresses()
                .forEach(address -> byAddress
                        .computeIfAbsent(address.address(), fresh -> new ArrayList<>())
                        .add(router));
    }

    private List<RunningRouter> routersOf(IpAddress address) {
        return byAddress.getOrDefault(address, List.of());
    }

    void send(IpAddress source, IpAddress destination, byte[] message) throws KernelException {
        if (socket == null) {
            throw new KernelException("send an advertisement on " + name, Errno.ENODEV.number());
        }
        socket.send(source, destination, message);
    }

    /** Takes an address off, of the interface that is being left too, which may bear another name by now. */
    void remove(VirtualAddress address) throws KernelException {
        if (leaving && link != null) {
            ports.addresses().remove(link.index(), address);
        }
        ports.addresses().remove(name, address);
    }

    void onEvent(KernelEvent event) {
        switch (event) {
            case KernelEvent.DatagramReceived received -> onDatagram(received.datagram());
            case KernelEvent.LinkChanged ignored -> lookUp();
            case KernelEvent.AddressRemoved removed -> onAddressRemoved(removed.interfaceName(), removed.address());
            case KernelEvent.AddressAdded added -> onAddressAdded(added.interfaceName(), added.address());
            case KernelEvent.AddressClaimed claimed -> onAddressClaimed(claimed);
        }
    }

    private void onDatagram(IpDatagram datagram) {
        DecodeResult result = AdvertisementDecoder.decode(datagram);
        switch (result) {
            case DecodeResult.Discarded discarded -> discard(discarded, datagram.source(), Optional.empty());
            case DecodeResult.Decoded decoded -> onAdvertisement(decoded, datagram);
        }
    }

    private void onAdvertisement(DecodeResult.Decoded decoded, IpDatagram datagram) {
        IpAddress source = datagram.source();
        SegmentNumber number = new SegmentNumber(decoded.advertisement().vrid(), source.family());
        RunningRouter router = byNumber.get(number);
        if (router == null) {
            discard(new DecodeResult.Discarded(DiscardReason.VRID_UNKNOWN, unknown(number)), source, Optional.empty());
            return;
        }
        if (router.takeDrainNotice(decoded, datagram)) {
            return;
        }
        Optional<DecodeResult.Discarded> refusal = router.refusal(decoded, datagram);
        if (refusal.isPresent()) {
            discard(refusal.get(), source, Optional.of(router.config().name()));
            return;
        }
        if (router.isOwnAddress(source)) {
            discards.merge(DiscardReason.OWN_ADVERTISEMENT, 1L, Long::sum);
        }
        router.onAdvertisement(decoded, source);
    }

    private String unknown(SegmentNumber number) {
        List<VirtualRouterId> ours = byNumber.keySet().stream()
                .filter(each -> each.family() == number.family())
                .map(SegmentNumber::vrid)
                .toList();
        Object told = ours.size() > MOST_NUMBERS_TOLD ? ours.size() + " others" : ours;
        return "it advertises VRID " + number.vrid() + " over " + number.family() + ", and this node has " + told
                + " there on " + name + ": harmless unless it is meant to be a peer; then give both the same vrid";
    }

    private void discard(DecodeResult.Discarded discarded, IpAddress source, Optional<String> router) {
        discards.merge(discarded.reason(), 1L, Long::sum);
        if (discarded.reason() == DiscardReason.TRAILER_DUPLICATE) {
            // Nothing is wrong: a guard says a farewell more than once.
            return;
        }
        MonotonicInstant now = ports.clock().now();
        strangers.notice(discarded, source, router, now);
        // A number that is nobody's here is somebody else's virtual router, and no trouble.
        if (discarded.reason() != DiscardReason.VRID_UNKNOWN) {
            complaints.note(source, router, StrangerNotices.sentence(discarded, source), now);
        }
    }

    /** @param on this interface, or one that a router made for itself */
    private void onAddressRemoved(InterfaceName on, VirtualAddress address) {
        List<RunningRouter> concerned = routersOf(address.address());
        for (RunningRouter router : concerned) {
            if (router.home().isOn(on) && router.holds(address) && !stands(on, address, false)) {
                router.onAddressLost(address);
            }
        }
        if (concerned.isEmpty()) {
            lookUp();
        }
    }

    private void onAddressAdded(InterfaceName on, VirtualAddress address) {
        List<RunningRouter> concerned = routersOf(address.address());
        for (RunningRouter router : concerned) {
            boolean holds = router.holds(address);
            // What this node has added itself is the common case, and the kernel need not be asked.
            if ((holds && router.home().isOn(on)) || !stands(on, address, true)) {
                continue;
            }
            if (!holds) {
                router.onAddressAppeared(address);
            } else {
                // Here it would be answered for by another MAC address than that of the virtual router.
                index().ifPresent(index -> takeOff(index, address));
            }
        }
        if (concerned.isEmpty()) {
            lookUp();
        }
    }

    private void takeOff(int index, VirtualAddress address) {
        try {
            ports.addresses().remove(index, address);
        } catch (KernelException e) {
            failures++;
        }
    }

    /** Whether the address is there now: an event may be of the past. Where that cannot be told the event is believed. */
    private boolean stands(InterfaceName on, VirtualAddress address, boolean asTheEventSays) {
        try {
            return ports.addresses().list(on).contains(address);
        } catch (KernelException e) {
            failures++;
            return asTheEventSays;
        }
    }

    private void onAddressClaimed(KernelEvent.AddressClaimed claimed) {
        if (link != null && claimed.claimant().equals(link.mac())) {
            return;
        }
        routersOf(claimed.address()).forEach(router -> router.onAddressClaimed(claimed.address(), claimed.claimant()));
    }

    /** Looks the interface up if the last look was a while ago. */
    void judgeTime() {
        if (ports.clock().now().hasReached(nextPoll)) {
            lookUp();
        }
    }

    private void lookUp() {
        nextPoll = ports.clock().now().plus(POLL_PAUSE);
        Optional<LinkState> found;
        try {
            found = ports.links().find(name);
        } catch (KernelException e) {
            // What was known still counts; the next poll asks again.
            failures++;
            return;
        }
        if (found.isEmpty()) {
            leave("interface " + name);
            return;
        }
        if (link != null && link.index() != found.get().index()) {
            leave("interface " + name + " was replaced");
        }
        link = found.get();
        if (socket != null || open()) {
            tellRouters();
        }
    }

    private Set<IpFamily> families() {
        return byNumber.keySet().stream()
                .map(SegmentNumber::family)
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(IpFamily.class)));
    }

    /**
     * Leaves the interface that had the name. It may live on under another one: the farewell still goes out of its socket, and
     * everything is given up, in the order of any other leave, while its number is known.
     */
    private void leave(String detail) {
        leaving = true;
        linkDown(TransitionReason.INTERFACE_MISSING, detail);
        routers.forEach(RunningRouter::onInterfaceLeft);
        routers.forEach(this::leaveHome);
        leaving = false;
        close();
    }

    private void leaveHome(RunningRouter router) {
        try {
            router.home().leave();
        } catch (KernelException e) {
            failures++;
        }
    }

    /** Takes back what was made for the virtual routers, and closes the interface. */
    void end() {
        routers.forEach(this::leaveHome);
        close();
    }

    private boolean open() {
        try {
            AdvertisementSocket opened = ports.events().open(name, families());
            socket = opened;
            Set<VirtualAddress> standing = ports.addresses().list(name);
            routers.forEach(router -> router.onInterfaceOpened(standing));
            // Without the leftovers another address may be the interface's primary one.
            link = ports.links().find(name).orElse(null);
            return true;
        } catch (KernelException e) {
            failures++;
            close();
            linkDown(TransitionReason.SOCKET_UNAVAILABLE, e.getMessage());
            return false;
        }
    }

    private void tellRouters() {
        LinkState state = link;
        if (state == null) {
            linkDown(TransitionReason.INTERFACE_MISSING, "interface " + name);
        } else if (!state.up()) {
            linkDown(TransitionReason.INTERFACE_DOWN, "interface " + name);
        } else if (!state.carrier()) {
            linkDown(TransitionReason.NO_CARRIER, "interface " + name);
        } else {
            routers.forEach(router -> tellSources(router, state));
        }
    }

    private void tellSources(RunningRouter router, LinkState state) {
        Map<IpFamily, IpAddress> sources = new EnumMap<>(IpFamily.class);
        for (IpFamily family : router.config().families()) {
            Optional<IpAddress> source = state.sources().stream()
                    .filter(address -> address.family() == family && isSource(address, router))
                    .findFirst();
            if (source.isEmpty()) {
                router.onLinkDown(TransitionReason.NO_SOURCE_ADDRESS, "no " + family + " address on " + name);
                return;
            }
            sources.put(family, source.get());
            int octets = router.packetOctets(family);
            if (octets > state.mtuOctets()) {
                router.onLinkDown(
                        TransitionReason.ADVERTISEMENT_TOO_LONG,
                        "over " + family + ": " + octets + " octets (expected: at most " + state.mtuOctets()
                                + ", the MTU of " + name + ": divide the addresses among several virtual routers)");
                return;
            }
        }
        Optional<String> obstacle = router.prepareHome();
        if (obstacle.isPresent()) {
            router.onLinkDown(TransitionReason.VIRTUAL_MAC_UNAVAILABLE, obstacle.get());
            return;
        }
        router.onLinkUp(sources);
    }

    /**
     * A virtual address is nobody's own but an owner's: it moves, and a peer would take it for its own. Of IPv6 it is to be a
     * link-local address, unless unicast peers are beyond the link.
     */
    private boolean isSource(IpAddress address, RunningRouter router) {
        VirtualRouterConfig config = router.config();
        if (address instanceof Ipv6Address ipv6
                && ipv6.isLinkLocal() != config.protocol().staysOnLink()) {
            return false;
        }
        return config.priority().isOwner() || routersOf(address).isEmpty();
    }

    private void linkDown(TransitionReason reason, String detail) {
        routers.forEach(router -> router.onLinkDown(reason, detail));
    }

    void close() {
        if (socket != null) {
            socket.close();
            socket = null;
        }
        link = null;
    }

    MonotonicInstant nextDeadline() {
        return nextPoll;
    }

    long failures() {
        return failures;
    }

    ElectionSnapshot.Interface snapshot() {
        boolean usable = socket != null && link != null && link.isUsable();
        return new ElectionSnapshot.Interface(
                name, usable, discards, complaints.current(ports.clock().now()));
    }
}
