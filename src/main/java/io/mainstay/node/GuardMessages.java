// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.election.AdvertisementSigner;
import io.mainstay.election.VirtualRouter;
import io.mainstay.election.wire.SequenceNumber;
import io.mainstay.kernel.PreparedAdvertisement;
import io.mainstay.kernel.StoodIn;
import io.mainstay.net.IpDatagram;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What the guard is to say in the place of one virtual router, as it would be said when the guard's turn comes. Belongs to the
 * election thread.
 *
 * <p>A message that is not signed is the same each time. A signed one is believed once, so there is one for each turn that the
 * guard can have while the lease runs, numbered by the time of that turn; the resignations come after all of them.
 */
final class GuardMessages {

    /** For one router, so that many peers or addresses leave room for other routers. */
    private static final int MOST_ADVERTISEMENTS = 64;

    private final VirtualRouter election;
    private final AdvertisementSender sender;
    private final AdvertisementSigner signer;
    private final ElectionPorts ports;
    private final Duration leaseLength;

    private long firstTurn;
    private List<SequenceNumber> turns = List.of();
    private SequenceNumber resignation = new SequenceNumber(0);
    private List<PreparedAdvertisement> advertisements = List.of();
    private List<IpDatagram> resignations = List.of();

    /** @param leaseLength after which the guard stands in no more */
    GuardMessages(
            VirtualRouter election,
            AdvertisementSender sender,
            AdvertisementSigner signer,
            ElectionPorts ports,
            Duration leaseLength) {
        this.election = election;
        this.sender = sender;
        this.signer = signer;
        this.ports = ports;
        this.leaseLength = leaseLength;
    }

    /** Lays all anew, as things stand now. */
    void prepare(StoodIn stoodIn) {
        if (!signer.signs()) {
            advertisements = sender.datagrams(election::advertisement, signer.last()).stream()
                    .map(PreparedAdvertisement::new)
                    .toList();
            resignations = sender.datagrams(election::resignation, signer.last());
            return;
        }
        prepareSigned(stoodIn.times() + 1);
    }

    private void prepareSigned(long turn) {
        Duration interval = election.config().advertisementInterval();
        MonotonicInstant now = ports.clock().now();
        Instant time = ports.wallClock()
                .instant()
                .plus(election.overdueFrom().orElse(now).since(now));
        List<SequenceNumber> numbers = new ArrayList<>();
        List<PreparedAdvertisement> messages = new ArrayList<>();
        SequenceNumber number = signer.last();
        int wished = turnsWithinLease(interval);
        for (int i = 0; i < wished && messages.size() < MOST_ADVERTISEMENTS; i++) {
            number = signer.ahead(time, number);
            numbers.add(number);
            for (IpDatagram datagram : sender.datagrams(election::advertisement, number)) {
                messages.add(new PreparedAdvertisement(turn + i, datagram));
            }
            time = time.plus(interval);
        }
        firstTurn = turn;
        turns = numbers;
        advertisements = messages;
        resignation = signer.ahead(time, number);
        resignations = sender.datagrams(election::resignation, resignation);
    }

    /** None if the lease ends before the first. One more than fit, since the lease may be renewed without a word. */
    private int turnsWithinLease(Duration interval) {
        boolean any = interval.multipliedBy(3).compareTo(leaseLength.multipliedBy(2)) < 0;
        return any ? (int) leaseLength.dividedBy(interval) + 1 : 0;
    }

    List<PreparedAdvertisement> advertisements() {
        return advertisements;
    }

    List<IpDatagram> resignations() {
        return resignations;
    }

    /** The guard has spoken so many times in all: what this node says next comes after that. */
    void onStoodIn(long times) {
        long index = times - firstTurn;
        if (index >= 0 && index < turns.size()) {
            signer.used(turns.get((int) index));
        }
    }

    /** The guard has resigned for this node. */
    void onFenced() {
        if (signer.signs()) {
            signer.used(resignation);
        }
    }
}
