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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
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
    private final Deque<Turn> turns = new ArrayDeque<>();
    private SequenceNumber resignation = new SequenceNumber(0);
    private List<PreparedAdvertisement> advertisements = List.of();
    private List<IpDatagram> resignations = List.of();

    /** What is to be said in one turn, to each destination. */
    private record Turn(SequenceNumber number, List<IpDatagram> datagrams) {}

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
        turns.clear();
        resignations = List.of();
        if (signer.signs()) {
            laySigned(stoodIn.times() + 1);
            return;
        }
        advertisements = sender.datagrams(election::advertisement, signer.last()).stream()
                .map(PreparedAdvertisement::new)
                .toList();
        resignations = sender.datagrams(election::resignation, signer.last());
    }

    /**
     * Follows a word of this node that changed nothing but the time. What was meant for the second turn is now right for the
     * first, and so on: that spares most of the signatures.
     */
    void refresh(StoodIn stoodIn) {
        if (!signer.signs() || !isSecondTurnDueInPlaceOfTheFirst(stoodIn)) {
            prepare(stoodIn);
            return;
        }
        turns.removeFirst();
        laySigned(stoodIn.times() + 1);
    }

    private boolean isSecondTurnDueInPlaceOfTheFirst(StoodIn stoodIn) {
        if (turns.size() < 2 || stoodIn.times() + 1 != firstTurn) {
            return false;
        }
        SequenceNumber second = turns.stream().skip(1).findFirst().orElseThrow().number();
        // Not if the clock of the host was set meanwhile, or words came faster than each interval.
        Duration off = second.until(SequenceNumber.at(timeOfFirstTurn())).abs();
        return second.isAfter(signer.last())
                && off.compareTo(election.config().advertisementInterval().dividedBy(2)) < 0;
    }

    private Instant timeOfFirstTurn() {
        MonotonicInstant now = ports.clock().now();
        return ports.wallClock()
                .instant()
                .plus(election.overdueFrom().orElse(now).since(now));
    }

    /** Adds the turns that are missing, and the resignation, which comes after all of them. */
    private void laySigned(long turn) {
        Duration interval = election.config().advertisementInterval();
        Instant first = timeOfFirstTurn();
        SequenceNumber number =
                turns.isEmpty() ? signer.last() : turns.getLast().number();
        int wished = turnsWithinLease(interval);
        int laid = turns.stream().mapToInt(each -> each.datagrams().size()).sum();
        while (turns.size() < wished && laid < MOST_ADVERTISEMENTS) {
            number = signer.ahead(first.plus(interval.multipliedBy(turns.size())), number);
            turns.addLast(new Turn(
                    number,
                    turns.isEmpty()
                            ? sender.datagrams(election::advertisement, number)
                            : renumbered(turns.getLast().datagrams(), number)));
            laid += turns.getLast().datagrams().size();
        }
        firstTurn = turn;
        resignation = signer.ahead(first.plus(interval.multipliedBy(turns.size())), number);
        resignations = resignations.isEmpty()
                ? sender.datagrams(election::resignation, resignation)
                : renumbered(resignations, resignation);
        advertisements = numbered();
    }

    /** As long as nothing but the number changes, which spares most of the work for each. */
    private List<IpDatagram> renumbered(List<IpDatagram> datagrams, SequenceNumber number) {
        return datagrams.stream().map(each -> signer.renumbered(each, number)).toList();
    }

    private List<PreparedAdvertisement> numbered() {
        List<PreparedAdvertisement> messages = new ArrayList<>();
        long turn = firstTurn;
        for (Turn each : turns) {
            for (IpDatagram datagram : each.datagrams()) {
                messages.add(new PreparedAdvertisement(turn, datagram));
            }
            turn++;
        }
        return messages;
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
        long before = times - firstTurn;
        if (before >= 0 && before < turns.size()) {
            turns.stream().skip(before).findFirst().ifPresent(turn -> signer.used(turn.number()));
        }
    }

    /** The guard has resigned for this node. */
    void onFenced() {
        if (signer.signs()) {
            signer.used(resignation);
        }
    }
}
