// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor.host;

import io.mainstay.config.MainstayConfig;
import io.mainstay.config.VirtualRouterSettings;
import io.mainstay.doctor.Heard;
import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.kernel.AdvertisementSocket;
import io.mainstay.kernel.KernelEvent;
import io.mainstay.kernel.KernelException;
import io.mainstay.kernel.LinkState;
import io.mainstay.kernel.linux.AdvertisementTap;
import io.mainstay.kernel.linux.LinuxKernel;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.IpFamily;
import io.mainstay.net.MacAddress;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Listens on the interfaces of a configuration, with a socket like the daemon's and with one that sees what a firewall drops,
 * and asks by ARP and neighbour discovery who has the virtual addresses. Sends nothing but these questions. Used by one thread.
 */
public final class Listening {

    /** Enough for three advertisements of the usual interval. */
    private static final Duration SHORTEST = Duration.ofMillis(1500);

    private static final Duration LONGEST = Duration.ofSeconds(5);
    private static final Duration TURN = Duration.ofMillis(20);
    private static final int QUESTIONS = 3;

    private final LinuxKernel kernel;
    private final List<VirtualRouterConfig> routers;
    private final Map<InterfaceName, Ear> ears = new LinkedHashMap<>();

    /** What was heard on one interface so far. */
    private static final class Ear {
        private final AdvertisementSocket socket;
        private final AdvertisementTap tap;
        private final List<IpDatagram> delivered = new ArrayList<>();
        private final List<IpDatagram> seen = new ArrayList<>();
        private final Map<IpAddress, MacAddress> claims = new HashMap<>();
        private final Set<IpAddress> questions = new HashSet<>();

        private Ear(AdvertisementSocket socket, AdvertisementTap tap) {
            this.socket = socket;
            this.tap = tap;
        }

        private void close() {
            socket.close();
            tap.close();
        }
    }

    private Listening(LinuxKernel kernel, List<VirtualRouterConfig> routers) {
        this.kernel = kernel;
        this.routers = routers;
    }

    /** What was heard on each interface that can be listened to. */
    public static Map<InterfaceName, Heard> to(MainstayConfig config, LinuxKernel kernel) {
        List<VirtualRouterConfig> routers = config.virtualRouters().stream()
                .map(VirtualRouterSettings::router)
                .toList();
        return new Listening(kernel, routers).listen();
    }

    /** Two intervals of the slowest, within bounds. */
    private Duration length() {
        Duration wanted = routers.stream()
                .map(router -> router.advertisementInterval().multipliedBy(2))
                .max(Duration::compareTo)
                .orElse(SHORTEST);
        return wanted.compareTo(SHORTEST) < 0 ? SHORTEST : wanted.compareTo(LONGEST) > 0 ? LONGEST : wanted;
    }

    private Map<InterfaceName, Heard> listen() {
        routers.forEach(router -> open(router)
                .ifPresent(ear -> router.addresses().forEach(address -> ear.questions.add(address.address()))));
        Duration length = ears.isEmpty() ? Duration.ZERO : length();
        try {
            MonotonicInstant begin = kernel.clock().now();
            for (int question = 1; question <= QUESTIONS; question++) {
                ears.forEach(this::ask);
                hearUntil(begin.plus(length.multipliedBy(question).dividedBy(QUESTIONS)));
            }
        } catch (KernelException e) {
            // What was heard until then counts.
            return heard(length);
        } finally {
            ears.values().forEach(Ear::close);
        }
        return heard(length);
    }

    private Map<InterfaceName, Heard> heard(Duration length) {
        Map<InterfaceName, Heard> heard = new LinkedHashMap<>();
        ears.forEach((name, ear) -> heard.put(name, new Heard(length, ear.delivered, ear.seen, ear.claims)));
        return heard;
    }

    private Set<IpFamily> families(InterfaceName name) {
        return routers.stream()
                .filter(router -> router.interfaceName().equals(name))
                .flatMap(router -> router.families().stream())
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(IpFamily.class)));
    }

    /** Empty if the interface is not there or may not be listened to. */
    private Optional<Ear> open(VirtualRouterConfig router) {
        InterfaceName name = router.interfaceName();
        Ear known = ears.get(name);
        if (known != null) {
            return Optional.of(known);
        }
        try {
            Optional<LinkState> link = kernel.links().find(name);
            if (link.isEmpty()) {
                return Optional.empty();
            }
            AdvertisementTap tap = AdvertisementTap.open(name, link.get());
            Ear ear = new Ear(kernel.events().open(name, families(name)), tap);
            ears.put(name, ear);
            return Optional.of(ear);
        } catch (KernelException e) {
            return Optional.empty();
        }
    }

    /** Who has the virtual addresses, and which hardware address the routers have that advertise. */
    private void ask(InterfaceName name, Ear ear) {
        Set<IpAddress> questions = new HashSet<>(ear.questions);
        ear.seen.forEach(datagram -> questions.add(datagram.source()));
        questions.forEach(address -> askFor(name, address));
    }

    private void askFor(InterfaceName name, IpAddress address) {
        try {
            kernel.announcer().probe(name, address);
        } catch (KernelException e) {
            // A question that cannot be asked is one without an answer.
        }
    }

    private void hearUntil(MonotonicInstant end) throws KernelException {
        while (kernel.clock().now().isBefore(end)) {
            kernel.events().await(Optional.of(kernel.clock().now().plus(TURN)), this::onEvent);
            for (Ear ear : ears.values()) {
                ear.seen.addAll(ear.tap.drain());
            }
        }
    }

    private void onEvent(KernelEvent event) {
        Ear ear = ears.get(event.interfaceName());
        if (ear == null) {
            return;
        }
        switch (event) {
            case KernelEvent.DatagramReceived received -> ear.delivered.add(received.datagram());
            case KernelEvent.AddressClaimed claimed -> ear.claims.put(claimed.address(), claimed.claimant());
            default -> {
                // Links and addresses are looked at by themselves.
            }
        }
    }
}
