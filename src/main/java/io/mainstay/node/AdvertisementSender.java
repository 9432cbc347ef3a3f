// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.election.AdvertisementSigner;
import io.mainstay.election.VirtualRouter;
import io.mainstay.election.wire.Advertisement;
import io.mainstay.election.wire.AdvertisementEncoder;
import io.mainstay.election.wire.SequenceNumber;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.IpFamily;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Ipv6Address;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Puts the messages of one virtual router on the wire: over each of its families, to the multicast group or to each unicast
 * peer. Belongs to the election thread.
 */
final class AdvertisementSender {

    /** RFC 9568 §5.1.1.3 and §5.1.2.3; to unicast peers too, so that they can tell how far away this node is. */
    static final int HOP_LIMIT = 255;

    private static final int IPV4_HEADER_OCTETS = 20;
    private static final int IPV6_HEADER_OCTETS = 40;

    private final VirtualRouter election;
    private final AdvertisementSigner signer;
    private final AddressHome home;
    private final InstantSource wallClock;

    AdvertisementSender(VirtualRouter election, AdvertisementSigner signer, AddressHome home, InstantSource wallClock) {
        this.election = election;
        this.signer = signer;
        this.home = home;
        this.wallClock = wallClock;
    }

    /**
     * How a message went out.
     *
     * @param sent to how many destinations it went
     * @param failures why it did not go to the others
     */
    record Outcome(int sent, List<String> failures) {}

    /** Sends what {@code message} gives for each family; one destination that cannot be reached does not hold up the rest. */
    Outcome send(Function<IpFamily, Advertisement> message) {
        int sent = 0;
        List<String> failures = new ArrayList<>();
        for (IpDatagram datagram : datagrams(message, signer.next(wallClock.instant()))) {
            try {
                home.send(datagram.source(), datagram.destination(), datagram.payload());
                sent++;
            } catch (KernelException e) {
                failures.add(e.getMessage());
            }
        }
        return new Outcome(sent, failures);
    }

    /**
     * Sends it to one router alone.
     *
     * @param router its addresses, of each family over which it is to go
     */
    void sendTo(Map<IpFamily, IpAddress> router, Function<IpFamily, Advertisement> message) throws KernelException {
        SequenceNumber number = signer.next(wallClock.instant());
        for (Map.Entry<IpFamily, IpAddress> each : router.entrySet()) {
            Optional<IpAddress> source = election.source(each.getKey());
            if (source.isPresent()) {
                IpDatagram datagram = datagram(message.apply(each.getKey()), source.get(), each.getValue(), number);
                home.send(datagram.source(), datagram.destination(), datagram.payload());
            }
        }
    }

    /** How many octets each packet of a family has. None is sent in pieces: the kernel takes packets with their header as they are. */
    int packetOctets(IpFamily family) {
        int header = family == IpFamily.IPV4 ? IPV4_HEADER_OCTETS : IPV6_HEADER_OCTETS;
        return header + AdvertisementEncoder.octets(election.advertisement(family), signer.signs());
    }

    /** What {@code message} gives for each family as it stands now, for each destination, with the number if it is signed. */
    List<IpDatagram> datagrams(Function<IpFamily, Advertisement> message, SequenceNumber number) {
        List<IpDatagram> datagrams = new ArrayList<>();
        for (IpFamily family : election.config().families()) {
            Optional<IpAddress> source = election.source(family);
            if (source.isPresent()) {
                Advertisement advertisement = message.apply(family);
                for (IpAddress destination : destinations(family)) {
                    datagrams.add(datagram(advertisement, source.get(), destination, number));
                }
            }
        }
        return datagrams;
    }

    private List<IpAddress> destinations(IpFamily family) {
        List<IpAddress> peers = election.config().protocol().unicastPeers(family);
        if (!peers.isEmpty()) {
            return peers;
        }
        return List.of(family == IpFamily.IPV4 ? Ipv4Address.VRRP_GROUP : Ipv6Address.VRRP_GROUP);
    }

    private IpDatagram datagram(
            Advertisement advertisement, IpAddress source, IpAddress destination, SequenceNumber number) {
        return new IpDatagram(
                source,
                destination,
                HOP_LIMIT,
                signer.encode(advertisement, election.checksumForm(), source, destination, number));
    }
}
