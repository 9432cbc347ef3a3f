// SPDX-License-Identifier: Apache-2.0
package io.mainstay.track.watch;

import io.mainstay.kernel.AddressTable;
import io.mainstay.kernel.KernelEvent;
import io.mainstay.kernel.KernelException;
import io.mainstay.kernel.LinkState;
import io.mainstay.kernel.LinkTable;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.VirtualAddress;
import io.mainstay.track.Observation;
import io.mainstay.track.TrackerConfig.InterfaceTracker;
import java.util.Optional;
import java.util.Set;

/** Whether an interface is there, up, with carrier, and with an address where that is asked for. */
final class InterfaceLook implements Look {

    private final InterfaceTracker tracker;
    private final LinkTable links;
    private final AddressTable addresses;
    private final Set<IpAddress> virtualAddresses;

    InterfaceLook(InterfaceTracker tracker, LinkTable links, AddressTable addresses, Set<IpAddress> virtualAddresses) {
        this.tracker = tracker;
        this.links = links;
        this.addresses = addresses;
        this.virtualAddresses = virtualAddresses;
    }

    @Override
    public Observation look() {
        try {
            Optional<LinkState> link = links.find(tracker.name());
            if (link.isEmpty()) {
                return new Observation.Bad("there is no such interface");
            }
            if (!link.get().up()) {
                return new Observation.Bad("administratively down");
            }
            if (!link.get().carrier()) {
                return new Observation.Bad("no carrier");
            }
            if (tracker.address() && !hasAddress()) {
                return new Observation.Bad("no address of its own");
            }
            return new Observation.Good("up");
        } catch (KernelException e) {
            return new Observation.Unclear(e.getMessage());
        }
    }

    /** A datagram, or who has which address, says nothing of the interface. */
    @Override
    public boolean concerns(KernelEvent event) {
        return event.interfaceName().equals(tracker.name())
                && !(event instanceof KernelEvent.DatagramReceived)
                && !(event instanceof KernelEvent.AddressClaimed);
    }

    private boolean hasAddress() throws KernelException {
        return addresses.list(tracker.name()).stream()
                .map(VirtualAddress::address)
                .anyMatch(address -> !virtualAddresses.contains(address) && !isLinkLocal(address));
    }

    /** RFC 3927 and RFC 4291: what an interface gives itself says nothing about the network. */
    private static boolean isLinkLocal(IpAddress address) {
        byte[] octets = address.octets();
        return address instanceof Ipv4Address
                ? (octets[0] & 0xFF) == 169 && (octets[1] & 0xFF) == 254
                : (octets[0] & 0xFF) == 0xFE && (octets[1] & 0xC0) == 0x80;
    }
}
