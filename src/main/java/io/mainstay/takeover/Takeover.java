// SPDX-License-Identifier: Apache-2.0
package io.mainstay.takeover;

import io.mainstay.net.IpAddress;
import io.mainstay.net.MacAddress;
import io.mainstay.net.VirtualAddress;
import io.mainstay.takeover.TakeoverAction.AddAddress;
import io.mainstay.takeover.TakeoverAction.Announce;
import io.mainstay.takeover.TakeoverAction.CloseServices;
import io.mainstay.takeover.TakeoverAction.DrainServices;
import io.mainstay.takeover.TakeoverAction.LeaveAddress;
import io.mainstay.takeover.TakeoverAction.OpenServices;
import io.mainstay.takeover.TakeoverAction.Probe;
import io.mainstay.takeover.TakeoverAction.RemoveAddress;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How one virtual router gains its addresses and gives them up, without any input or output of its own.
 *
 * <p>Gaining: add every address, announce every address, open the services. Giving up: close the services, remove the
 * addresses in reverse; to a successor, the services are drained instead if that is wanted. If an address cannot be added, those added before it are removed again and the outcome says why. A
 * held address that somebody else removes is put back; one that appears while it is not held, or under another prefix length, is
 * removed. When another host claims a held address, the neighbours are told anew; after each burst of announcements and at
 * each refresh other hosts are asked whether they have it, until none answers.
 *
 * <p>The caller makes an input, then takes {@link #pollAction} until it gives null, carries each action out and reports it
 * by {@link #onDone} or {@link #onFailed} before it takes the next, and takes {@link #pollOutcome} and
 * {@link #pollNotice} as well. It calls {@link #onTime} when {@link #nextDeadline} comes; an early or extra call does
 * nothing. Belongs to one thread.
 */
public final class Takeover {

    /** How long the addresses are kept for a successor that was not heard to announce them, if they are few. */
    static final Duration LONGEST_LINGER = Duration.ofMillis(50);

    /** How long a successor may take for each address, so that many are kept for longer. */
    private static final Duration LONGEST_LINGER_OF_AN_ADDRESS = Duration.ofMillis(1);

    /**
     * How long they are kept once the successor was heard, for packets that are under way. Longer than
     * {@link #CONFLICT_PATIENCE}: if our last announcement overtook the successor's, it needs that long to answer.
     */
    static final Duration LINGER_AFTER_CLAIM = Duration.ofMillis(10);

    /** A claim may come from a successor whose advertisement is about to be read: answer it only after this pause. */
    static final Duration CONFLICT_PATIENCE = Duration.ofMillis(2);

    static final Duration RETRY_PAUSE = Duration.ofSeconds(1);

    private enum Phase {
        RELEASED,
        ACQUIRING,
        HELD,
        /** A successor is Active; the addresses are kept until it has announced them. */
        LINGERING
    }

    private final List<VirtualAddress> addresses;
    private final Set<IpAddress> plainAddresses;
    private final boolean owner;
    private final boolean drains;
    private final AnnounceSchedule schedule;
    private final Duration longestLinger;
    private final RemovalFight fight = new RemovalFight();
    private final NoticePace pace = new NoticePace();
    private final ConflictTime conflict = new ConflictTime();

    private Phase phase = Phase.RELEASED;
    private boolean announcementsHeld;
    private final Set<VirtualAddress> held = new LinkedHashSet<>();
    private final Set<VirtualAddress> neverRemoved = new HashSet<>();
    private final Set<VirtualAddress> toRetry = new LinkedHashSet<>();
    private final Map<IpAddress, MonotonicInstant> claims = new HashMap<>();
    private @Nullable MonotonicInstant lingerDeadline;
    private @Nullable MonotonicInstant retryDeadline;

    /** Given to hosts that say that they have an address: two that both insist would answer each other for ever. */
    private final AnswerPace toClaims = new AnswerPace();

    /** Given to an Active that steps back, whose claims may have used up the others. */
    private final AnswerPace toRivals = new AnswerPace();

    private final Deque<TakeoverAction> actions = new ArrayDeque<>();
    private final Queue<TakeoverNotice> notices = new ArrayDeque<>();
    private @Nullable TakeoverOutcome outcome;

    /**
     * A takeover that holds nothing yet.
     *
     * @param owner whether this node owns the addresses (priority 255): those that stand on the interface at start are its
     *     own and are never removed
     * @param drains whether connections live on when a successor has the addresses; never those of an owner, whose addresses
     *     stay
     */
    public Takeover(List<VirtualAddress> addresses, AnnounceConfig announce, boolean owner, boolean drains) {
        this.addresses = List.copyOf(addresses);
        this.owner = owner;
        this.drains = drains && !owner;
        plainAddresses = addresses.stream().map(VirtualAddress::address).collect(Collectors.toUnmodifiableSet());
        schedule = new AnnounceSchedule(announce);
        Duration forAll = LONGEST_LINGER_OF_AN_ADDRESS.multipliedBy(addresses.size());
        longestLinger = forAll.compareTo(LONGEST_LINGER) > 0 ? forAll : LONGEST_LINGER;
    }

    /** One that resets connections whenever it gives the addresses up. */
    public Takeover(List<VirtualAddress> addresses, AnnounceConfig announce, boolean owner) {
        this(addresses, announce, owner, false);
    }

    /** The addresses that stand on the interface by this node's doing, in the order in which they were added. */
    public Set<VirtualAddress> held() {
        return Set.copyOf(held);
    }

    /** How long another host claimed addresses that this node held, all told. */
    public Duration conflictTime() {
        return conflict.total();
    }

    /** Whether no address is held and nothing is left to do for that. */
    public boolean isReleased() {
        return phase == Phase.RELEASED && held.isEmpty() && actions.stream().allMatch(Probe.class::isInstance);
    }

    /** Whether the addresses are kept only until a successor has announced them. */
    public boolean isLingering() {
        return phase == Phase.LINGERING;
    }

    /** What stands on the interface before this node has held anything: leftovers of a crash are removed. */
    public void onStart(Collection<VirtualAddress> standing, MonotonicInstant now) {
        for (VirtualAddress address : standing) {
            if (!plainAddresses.contains(address.address())) {
                continue;
            }
            if (owner) {
                neverRemoved.add(address);
            } else {
                actions.add(new RemoveAddress(address));
                tell(new TakeoverNotice.StaleAddressFound(address), address.address(), now);
            }
        }
    }

    /** Take the addresses. */
    public void acquire() {
        resetTo(Phase.ACQUIRING);
        addresses.forEach(address -> actions.add(new AddAddress(address)));
        addresses.forEach(address -> actions.add(new Announce(address.address())));
        actions.add(new OpenServices());
    }

    /** Give the addresses up now. */
    public void release() {
        release(new CloseServices());
    }

    private void release(TakeoverAction ofServices) {
        if (phase == Phase.RELEASED) {
            return;
        }
        resetTo(Phase.RELEASED);
        actions.add(ofServices);
        for (VirtualAddress address : new ArrayList<>(held).reversed()) {
            actions.add(neverRemoved.contains(address) ? new LeaveAddress(address) : new RemoveAddress(address));
        }
    }

    /**
     * Give the addresses up once a successor was heard to announce them all, or after {@link #LONGEST_LINGER}, of many after
     * a millisecond for each.
     */
    public void releaseToSuccessor(MonotonicInstant now) {
        if (phase != Phase.HELD && phase != Phase.ACQUIRING) {
            return;
        }
        Map<IpAddress, MonotonicInstant> recent = Map.copyOf(claims);
        resetTo(Phase.LINGERING);
        lingerDeadline = now.plus(longestLinger);
        recent.forEach((address, claimedAt) -> {
            if (now.since(claimedAt).compareTo(LONGEST_LINGER) <= 0) {
                claims.put(address, claimedAt);
            }
        });
        shortenLinger(now);
    }

    /** Ask whether another host has the addresses, once those of this node are gone. */
    public void probe() {
        addresses.forEach(address -> actions.add(new Probe(address.address())));
    }

    /** Announce nothing until {@link #resumeAnnouncements}: a successor is about to. */
    public void holdAnnouncements() {
        announcementsHeld = true;
        actions.removeIf(action -> phase == Phase.HELD && (action instanceof Announce || action instanceof Probe));
    }

    /** No successor came; announce again if somebody else did meanwhile. */
    public void resumeAnnouncements(MonotonicInstant now) {
        announcementsHeld = false;
        if (phase == Phase.HELD && !claims.isEmpty()) {
            schedule.begin(now);
        }
    }

    /** Another router spoke for the addresses and will step back: tell the neighbours again. */
    public void announceAgain(MonotonicInstant now) {
        if (phase == Phase.HELD && !announcementsHeld) {
            answer(toRivals, now);
        }
    }

    /** A configured address is no longer on the interface, and not by this node's doing. */
    public void onAddressLost(VirtualAddress address, MonotonicInstant now) {
        boolean known = held.remove(address);
        if (!known || (phase != Phase.HELD && phase != Phase.ACQUIRING)) {
            return;
        }
        tell(new TakeoverNotice.AddressLost(address), address.address(), now);
        if (fight.isFierce(address, now)) {
            retryLater(address, now.plus(RemovalFight.PAUSE));
        } else {
            actions.addFirst(new AddAddress(address));
        }
    }

    /** An address is on the interface, and not by this node's doing. */
    public void onAddressAppeared(VirtualAddress address, MonotonicInstant now) {
        if (!isIntruder(address)) {
            return;
        }
        tell(new TakeoverNotice.AddressIntruded(address, phase != Phase.RELEASED), address.address(), now);
        if (fight.isFierce(address, now)) {
            retryLater(address, now.plus(RemovalFight.PAUSE));
        } else {
            actions.add(new RemoveAddress(address));
        }
    }

    /**
     * One under another prefix length would answer on when this node has given its own up. An owner that is Active has the
     * configuration of its host to thank for it, and keeps it.
     */
    private boolean isIntruder(VirtualAddress address) {
        boolean ours = plainAddresses.contains(address.address())
                && !held.contains(address)
                && !neverRemoved.contains(address);
        return ours && (phase == Phase.RELEASED || (!owner && !addresses.contains(address)));
    }

    /** Another host said that it has the address. */
    public void onAddressClaimed(IpAddress address, MacAddress claimant, MonotonicInstant now) {
        if (!plainAddresses.contains(address) || phase == Phase.RELEASED) {
            return;
        }
        claims.put(address, now);
        if (phase == Phase.LINGERING) {
            shortenLinger(now);
        } else if (phase == Phase.HELD && !announcementsHeld) {
            conflict.onClaim(now);
            tell(new TakeoverNotice.AddressConflict(address, claimant), address, now);
            answer(toClaims, now);
        }
    }

    /**
     * Begins a burst after a moment. If there were too many of late, a burst that goes on is answer enough, since it ends with a
     * probe; after one that is over the next begins as soon as it may, as nothing else would ask again.
     */
    private void answer(AnswerPace answers, MonotonicInstant now) {
        MonotonicInstant soon = now.plus(CONFLICT_PATIENCE);
        if (schedule.nextDeadline().filter(soon::hasReached).isPresent()) {
            return;
        }
        MonotonicInstant allowed = answers.next(now);
        boolean atOnce = allowed.equals(now);
        if (atOnce || schedule.isBurstOver()) {
            answers.give(allowed);
            schedule.begin(atOnce ? soon : allowed);
        }
    }

    private void shortenLinger(MonotonicInstant now) {
        boolean allClaimed = held.stream().allMatch(address -> claims.containsKey(address.address()));
        if (allClaimed && lingerDeadline != null) {
            lingerDeadline = MonotonicInstant.earlierOf(lingerDeadline, now.plus(LINGER_AFTER_CLAIM));
        }
    }

    /** Look at the deadlines. */
    public void onTime(MonotonicInstant now) {
        if (lingerDeadline != null && now.hasReached(lingerDeadline)) {
            release(drains ? new DrainServices() : new CloseServices());
        }
        if (retryDeadline != null && now.hasReached(retryDeadline)) {
            retryDeadline = null;
            toRetry.forEach(this::retry);
            toRetry.clear();
        }
        if (phase == Phase.HELD && !announcementsHeld && schedule.takeDue(now)) {
            held.forEach(address -> actions.add(new Announce(address.address())));
            probeAfterBurst();
        }
    }

    /** Another host that has an address too may have heard all announcements without a word. */
    private void probeAfterBurst() {
        if (schedule.isBurstOver()) {
            held.forEach(address -> actions.add(new Probe(address.address())));
        }
    }

    private void retry(VirtualAddress address) {
        boolean wanted = phase != Phase.RELEASED && addresses.contains(address);
        if (!wanted) {
            actions.add(new RemoveAddress(address));
        } else if (phase != Phase.LINGERING) {
            actions.add(new AddAddress(address));
        }
    }

    /** The action taken last was carried out. */
    public void onDone(TakeoverAction action, MonotonicInstant now) {
        switch (action) {
            case AddAddress add -> {
                held.add(add.address());
                if (phase == Phase.HELD && !announcementsHeld) {
                    actions.addFirst(new Announce(add.address().address()));
                }
            }
            case RemoveAddress remove -> held.remove(remove.address());
            case LeaveAddress leave -> held.remove(leave.address());
            case OpenServices ignored -> {
                phase = Phase.HELD;
                outcome = new TakeoverOutcome.AddressesHeld();
                schedule.beginAfter(now);
                probeAfterBurst();
                if (!claims.isEmpty()) {
                    answer(toClaims, now);
                }
            }
            case Announce ignored -> {}
            case Probe ignored -> {}
            case CloseServices ignored -> {}
            case DrainServices ignored -> {}
        }
    }

    /** The action taken last failed. */
    public void onFailed(TakeoverAction action, String cause, MonotonicInstant now) {
        switch (action) {
            case AddAddress add -> {
                if (phase == Phase.ACQUIRING) {
                    giveBack(cause);
                } else {
                    IpAddress address = add.address().address();
                    tell(new TakeoverNotice.AddressNotRestored(add.address(), cause), address, now);
                    retryLater(add.address(), now.plus(RETRY_PAUSE));
                }
            }
            case RemoveAddress remove -> {
                IpAddress address = remove.address().address();
                tell(new TakeoverNotice.AddressNotRemoved(remove.address(), cause), address, now);
                retryLater(remove.address(), now.plus(RETRY_PAUSE));
            }
            case OpenServices ignored -> giveBack(cause);
            case Announce announce ->
                tell(new TakeoverNotice.AnnouncementFailed(announce.address(), cause), announce.address(), now);
            case LeaveAddress ignored -> {}
            // What keeps a probe from going out keeps the announcement before it too, and that is told.
            case Probe ignored -> {}
            case CloseServices ignored -> {}
            case DrainServices ignored -> {
                tell(
                        new TakeoverNotice.ConnectionsNotKept(cause),
                        addresses.getFirst().address(),
                        now);
                actions.addFirst(new CloseServices());
            }
        }
    }

    private void giveBack(String cause) {
        release();
        outcome = new TakeoverOutcome.AddressesUnavailable(cause);
    }

    private void retryLater(VirtualAddress address, MonotonicInstant deadline) {
        toRetry.add(address);
        retryDeadline = retryDeadline == null ? deadline : MonotonicInstant.earlierOf(retryDeadline, deadline);
    }

    /** Enters a phase; only leftovers under another prefix length stay to be removed, in whichever phase. */
    private void resetTo(Phase next) {
        phase = next;
        actions.removeIf(action -> !(action instanceof RemoveAddress remove) || addresses.contains(remove.address()));
        toRetry.removeIf(addresses::contains);
        schedule.stop();
        announcementsHeld = false;
        claims.clear();
        lingerDeadline = null;
    }

    private void tell(TakeoverNotice notice, IpAddress about, MonotonicInstant now) {
        if (pace.allows(notice.label(), about, now)) {
            notices.add(notice);
        }
    }

    /** When to call {@link #onTime} next; empty: no need before another input. */
    public Optional<MonotonicInstant> nextDeadline() {
        return MonotonicInstant.earliest(
                MonotonicInstant.earliest(Optional.ofNullable(lingerDeadline), Optional.ofNullable(retryDeadline)),
                announcementsHeld ? Optional.empty() : schedule.nextDeadline());
    }

    public boolean hasActions() {
        return !actions.isEmpty();
    }

    /** The next thing to carry out, or null. */
    public @Nullable TakeoverAction pollAction() {
        return actions.poll();
    }

    /** How the acquisition went, once it is known, or null. */
    public @Nullable TakeoverOutcome pollOutcome() {
        TakeoverOutcome known = outcome;
        outcome = null;
        return known;
    }

    /** The next thing to tell, or null. */
    public @Nullable TakeoverNotice pollNotice() {
        return notices.poll();
    }
}
