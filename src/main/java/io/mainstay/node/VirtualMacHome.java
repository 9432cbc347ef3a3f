// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.kernel.GuardedRouter.GuardedInterface;
import io.mainstay.kernel.KernelException;
import io.mainstay.kernel.VirtualInterface;
import io.mainstay.kernel.VirtualInterfaces;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.IpFamily;
import io.mainstay.net.VirtualAddress;
import io.mainstay.takeover.VirtualMacConfig;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Interfaces of its own, one for each family, with the MAC address of the virtual router (RFC 9568 §7.3).
 *
 * <p>Each is made at the start, so that a takeover has nothing to make, and is up only while it holds an address: a Backup
 * neither answers to the virtual MAC address nor lets a switch learn it.
 */
final class VirtualMacHome implements AddressHome {

    /** RFC 9568 §5.1.1.3 and §5.1.2.3. */
    private static final int HOP_LIMIT = 255;

    private final RunningInterface link;
    private final ElectionPorts ports;
    private final Consumer<String> tell;
    private final Map<IpFamily, Place> places = new EnumMap<>(IpFamily.class);

    /** One interface; 0 as its index says that it is not made. */
    private static final class Place {
        private final VirtualInterface virtual;
        private final Set<VirtualAddress> held = new HashSet<>();
        private int index;

        private Place(VirtualInterface virtual) {
            this.virtual = virtual;
        }

        private boolean isUp() {
            return !held.isEmpty();
        }
    }

    /** @param tell what to tell an operator */
    VirtualMacHome(
            VirtualRouterConfig router,
            VirtualMacConfig config,
            RunningInterface link,
            ElectionPorts ports,
            Consumer<String> tell) {
        this.link = link;
        this.ports = ports;
        this.tell = tell;
        for (IpFamily family : router.families()) {
            InterfaceName name = config.interfaceName(family, router.vrid());
            places.put(family, new Place(new VirtualInterface(name, link.name(), family, router.vrid())));
        }
    }

    @Override
    public List<InterfaceName> ownInterfaces() {
        return places.values().stream().map(place -> place.virtual.name()).toList();
    }

    private Place place(IpAddress address) {
        Place place = places.get(address.family());
        if (place == null) {
            throw new IllegalArgumentException("address: " + address + " (expected: of " + places.keySet() + ")");
        }
        return place;
    }

    @Override
    public void prepare() throws KernelException {
        for (Place place : places.values()) {
            prepare(place);
        }
    }

    private void prepare(Place place) throws KernelException {
        Optional<VirtualInterfaces.State> found = ports.virtualInterfaces().find(place.virtual);
        if (found.isPresent() && found.get().index() == place.index) {
            if (found.get().up() != place.isUp()) {
                ports.virtualInterfaces().setUp(place.virtual, place.isUp());
                tell.accept(place.virtual.name() + " was set " + (place.isUp() ? "down" : "up")
                        + " by somebody else: set " + (place.isUp() ? "up" : "down") + " again");
            }
            return;
        }
        if (place.index != 0) {
            tell.accept(place.virtual.name() + " was removed or replaced: made again");
        }
        // What it held is gone; who held it hears so from the kernel and adds it again.
        place.index = 0;
        place.held.clear();
        place.index = ports.virtualInterfaces().make(place.virtual).index();
    }

    @Override
    public boolean isOn(InterfaceName interfaceName) {
        return places.values().stream().anyMatch(place -> place.virtual.name().equals(interfaceName));
    }

    @Override
    public void add(VirtualAddress address) throws KernelException {
        Place place = place(address.address());
        if (!place.isUp()) {
            ports.virtualInterfaces().setUp(place.virtual, true);
        }
        try {
            ports.virtualInterfaces().add(place.virtual, address);
            place.held.add(address);
        } finally {
            lowerIfEmpty(place);
        }
    }

    /** It may stand on the interface itself too, put there by somebody else or by a run without virtual MAC. */
    @Override
    public void remove(VirtualAddress address) throws KernelException {
        Place place = place(address.address());
        link.remove(address);
        ports.addresses().remove(place.virtual.name(), address);
        place.held.remove(address);
        lowerIfEmpty(place);
    }

    private void lowerIfEmpty(Place place) throws KernelException {
        if (!place.isUp()) {
            ports.virtualInterfaces().setUp(place.virtual, false);
        }
    }

    @Override
    public void announce(IpAddress address) throws KernelException {
        ports.virtualInterfaces().announce(place(address).virtual, address);
    }

    /** With the interface's own MAC address, which gets the answer even where the other host has the virtual one too. */
    @Override
    public void probe(IpAddress address) throws KernelException {
        ports.neighbours().probe(link.name(), address);
    }

    /**
     * With the virtual MAC address once an address is held. The advertisement of a takeover comes before that: it leaves with the
     * interface's own, so that no switch sends clients here that cannot be served yet, and the former Active serves them until
     * the addresses are announced. Unicast peers may be behind a router, which replaces the MAC address anyway.
     */
    @Override
    public void send(IpAddress source, IpAddress destination, byte[] message) throws KernelException {
        Place place = place(destination);
        if (destination.isMulticast() && place.isUp()) {
            ports.virtualInterfaces().advertise(place.virtual, new IpDatagram(source, destination, HOP_LIMIT, message));
        } else {
            link.send(source, destination, message);
        }
    }

    @Override
    public List<GuardedInterface> guarded() {
        List<GuardedInterface> guarded = new ArrayList<>();
        places.forEach((family, place) -> {
            if (place.index != 0) {
                guarded.add(new GuardedInterface(family, place.virtual.name(), place.index));
            }
        });
        return guarded;
    }

    @Override
    public void leave() throws KernelException {
        for (Place place : places.values()) {
            place.index = 0;
            place.held.clear();
            ports.virtualInterfaces().remove(place.virtual);
        }
    }
}
