// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import io.mainstay.election.wire.Advertisement;
import io.mainstay.election.wire.ChecksumForm;
import io.mainstay.election.wire.DecodeResult;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.IpFamily;
import io.mainstay.net.Priority;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One virtual router: the state of its election, without any input or output of its own.
 *
 * <p>There are three kinds of method. <em>Getters</em> say how things are. <em>Inputs</em>, whose names begin with
 * {@code on}, tell what happened and when. <em>Outputs</em> are the deadline and three queues. The caller
 *
 * <ol>
 *   <li>makes one input,
 *   <li>takes all of {@link #pollStateChange}, {@link #pollNotice} and {@link #pollAction} until each gives null, and
 *       carries the actions out in that order, which may lead to further inputs,
 *   <li>waits until something happens or {@link #nextDeadline} comes, and then calls {@link #onTime}.
 * </ol>
 *
 * <p>Time is what the caller says it is; {@code now} never goes back between two inputs. Received advertisements are to be
 * handed in before {@link #onTime} is called for the same moment, since they may have been waiting while this process was
 * not running. A call of {@link #onTime} that is early or extra does nothing.
 *
 * <p>Belongs to one thread.
 */
public final class VirtualRouter {

    private final VirtualRouterConfig config;
    private final Function<ElectionParameters, ElectionRules> election;
    private final ReceptionRules reception;
    private final PeerObserver peers;
    private final Map<IpFamily, List<IpAddress>> addresses = new EnumMap<>(IpFamily.class);
    private final Participation participation = new Participation();

    private @Nullable SyncGroup group;
    private boolean toldApart;
    private ElectionParameters parameters;
    private ElectionRules rules;
    private ElectionState state = new ElectionState.Initialize();
    private Map<IpFamily, IpAddress> sources = Map.of();
    private final Queue<StateChange> stateChanges = new ArrayDeque<>();
    private final Queue<ElectionNotice> notices = new ArrayDeque<>();
    private final Queue<ElectionAction> actions = new ArrayDeque<>();

    public VirtualRouter(VirtualRouterConfig config) {
        this(config, Election::new);
    }

    /** @param election makes the rules by which it judges, anew for each priority that it comes to have */
    public VirtualRouter(VirtualRouterConfig config, Function<ElectionParameters, ElectionRules> election) {
        this.config = config;
        this.election = election;
        parameters = ElectionParameters.of(config);
        rules = election.apply(parameters);
        config.families().forEach(family -> addresses.put(family, config.advertisedAddresses(family)));
        reception = new ReceptionRules(config, addresses);
        peers = new PeerObserver(config, addresses);
    }

    public VirtualRouterConfig config() {
        return config;
    }

    public ElectionState state() {
        return state;
    }

    public boolean isActive() {
        return state instanceof ElectionState.Active;
    }

    /** Whether a peer is asked to take over right now. */
    public boolean isHandingOver() {
        return state instanceof ElectionState.Active active && active.handOver().isPresent();
    }

    /** The priority by which this node takes part now, as far as it does. */
    public Priority effectivePriority() {
        return parameters.priority();
    }

    /** From which address advertisements of the family go out, or went while the link was up; empty before that. */
    public Optional<IpAddress> source(IpFamily family) {
        return Optional.ofNullable(sources.get(family));
    }

    /** Whether this node advertises from the address, or did while the link was up. */
    public boolean isSource(IpAddress address) {
        return sources.containsValue(address);
    }

    /** The primary address of the Active, this node's own if it is the one; empty if unknown. */
    public Optional<IpAddress> activeAddress() {
        return switch (state) {
            case ElectionState.Active active -> Optional.of(active.primaryAddress());
            case ElectionState.Backup backup -> backup.watch().active().router().map(PeerRouter::address);
            case ElectionState.Initialize ignored -> Optional.empty();
            case ElectionState.Fault ignored -> Optional.empty();
        };
    }

    /** The addresses of another router that is Active, of each family over which it was heard; none if none is known. */
    public Map<IpFamily, IpAddress> heardActive() {
        return state instanceof ElectionState.Backup backup
                ? backup.watch().active().addresses()
                : Map.of();
    }

    /** Active_Adver_Interval: the one learnt from the Active, otherwise this node's own. */
    public Duration activeInterval() {
        return state instanceof ElectionState.Backup backup ? backup.watch().interval() : parameters.interval();
    }

    /** Whether this node, having handed over on request, lets the new Active be. */
    public boolean isPreemptionSuspended() {
        return switch (state) {
            case ElectionState.Backup backup -> backup.preemptionSuspended();
            case ElectionState.Fault fault -> fault.preemptionSuspended();
            case ElectionState.Active ignored -> false;
            case ElectionState.Initialize ignored -> false;
        };
    }

    /** How long a hand-over waits for a peer unless told otherwise: one active-down interval. */
    public Duration defaultHandOverTimeout() {
        return parameters.activeDownInterval(parameters.interval());
    }

    /** In what peers that are heard at present differ from this node, for people, as their notices say it. */
    public List<String> peerDifferences(MonotonicInstant now) {
        return peers.differences(now).stream().map(ElectionNotice::sentence).toList();
    }

    /** The checksum form in which to send; IPv6 has but one. */
    public ChecksumForm checksumForm() {
        return switch (config.protocol().checksum()) {
            case RFC9568 -> ChecksumForm.RFC9568;
            case PSEUDO_HEADER -> ChecksumForm.PSEUDO_HEADER;
            case AUTO -> {
                ChecksumForm heard = peers.lastForm();
                yield heard == null ? ChecksumForm.PSEUDO_HEADER : heard;
            }
        };
    }

    /** What {@link ElectionAction#SEND_ADVERTISEMENT} sends over one of the families of the configuration. */
    public Advertisement advertisement(IpFamily family) {
        return message(parameters.priority(), family);
    }

    /** What {@link ElectionAction#SEND_RESIGNATION} sends over one of the families of the configuration. */
    public Advertisement resignation(IpFamily family) {
        return message(Priority.RESIGN, family);
    }

    private Advertisement message(Priority priority, IpFamily family) {
        ProtocolConfig protocol = config.protocol();
        return new Advertisement(
                protocol.version(),
                config.vrid(),
                priority,
                parameters.interval(),
                addresses.getOrDefault(family, List.of()),
                protocol.authentication());
    }

    /** Keeps the virtual router from starting before the given moment; to be called before all else. */
    public void delayStartUntil(MonotonicInstant instant) {
        participation.delayUntil(instant);
    }

    /** What is waited for before the virtual router takes part for the first time, for people; empty once it does. */
    public Optional<String> waitsFor() {
        return state instanceof ElectionState.Initialize
                        && participation.verdict() instanceof Participation.Verdict.NotYet notYet
                ? Optional.of(notYet.reason())
                : Optional.empty();
    }

    /**
     * The interface can be used.
     *
     * @param newSources from which address advertisements go out, for each family of the configuration
     */
    public void onLinkUp(Map<IpFamily, IpAddress> newSources, MonotonicInstant now) {
        IpAddress primary = newSources.get(config.leadingFamily());
        if (primary == null || !newSources.keySet().equals(addresses.keySet())) {
            throw new IllegalArgumentException(
                    "sources: " + newSources + " (expected: one for each of " + addresses.keySet() + ")");
        }
        sources = Map.copyOf(newSources);
        participation.onLinkUp(primary);
        judgeParticipation(now);
    }

    /** The interface cannot be used. */
    public void onLinkDown(FaultCause cause, MonotonicInstant now) {
        participation.onLinkDown(cause);
        judgeParticipation(now);
    }

    /**
     * What is tracked comes to something else.
     *
     * @throws IllegalArgumentException if it makes an owner of a router that is none, or the other way round
     */
    public void onTracked(Tracked tracked, MonotonicInstant now) {
        Priority priority = tracked.effectivePriority();
        if (priority.isOwner() != config.priority().isOwner() || priority.isResign()) {
            throw new IllegalArgumentException("effective priority: " + priority + " (expected: "
                    + (config.priority().isOwner() ? "255" : "1..254") + ")");
        }
        participation.onTracked(tracked);
        if (tracked.fault().isPresent()) {
            // With its last word an Active says that it resigns, not which priority it would have.
            judgeParticipation(now);
            changePriority(priority, now);
        } else {
            changePriority(priority, now);
            judgeParticipation(now);
        }
    }

    private void changePriority(Priority priority, MonotonicInstant now) {
        Priority before = parameters.priority();
        if (priority.equals(before)) {
            return;
        }
        parameters = parameters.withPriority(priority);
        rules = election.apply(parameters);
        peers.onPriority(priority);
        step(new ElectionEvent.PriorityChanged(before), now);
    }

    private void judgeParticipation(MonotonicInstant now) {
        judgeOwnParticipation(now);
        if (group != null) {
            group.onParticipation(now);
        }
    }

    private void judgeOwnParticipation(MonotonicInstant now) {
        switch (participation.verdict()) {
            case Participation.Verdict.Yes yes -> step(new ElectionEvent.CanTakePart(yes.primaryAddress()), now);
            case Participation.Verdict.No no -> step(new ElectionEvent.CannotTakePart(no.cause()), now);
            case Participation.Verdict.NotYet ignored -> {
                // It is asked again by whatever it waits for.
            }
        }
    }

    /** Why an advertisement with this virtual router's number is to be thrown away; empty if it is to be handed in. */
    public Optional<DecodeResult.Discarded> refusal(Advertisement advertisement, IpDatagram datagram) {
        return reception.refusal(advertisement, datagram);
    }

    /** An advertisement for this virtual router passed all checks of RFC 9568 §7.1, those of {@link #refusal} too. */
    public void onAdvertisement(
            Advertisement advertisement, ChecksumForm form, IpAddress source, MonotonicInstant now) {
        notices.addAll(peers.observe(advertisement, form, source, state, isSource(source), now));
        if (isSource(source)) {
            return;
        }
        toldApart = false;
        if (group != null && group.leavesTie(this, advertisement, source, now)) {
            return;
        }
        step(new ElectionEvent.AdvertisementReceived(advertisement, source), now);
    }

    /** The last message asked for went out. */
    public void onAdvertisementSent(MonotonicInstant now) {
        step(new ElectionEvent.AdvertisementSent(now), now);
    }

    /** The guard sent the advertisement of this node, which did not run: it was not silent. To be told before all else. */
    public void onStoodIn(MonotonicInstant at, MonotonicInstant now) {
        step(new ElectionEvent.AdvertisementSent(at), now);
    }

    /** From when on the guard is to send the advertisement of this node, should it not run; empty: not at all. */
    public Optional<MonotonicInstant> overdueFrom() {
        return state instanceof ElectionState.Active active
                ? active.overdueFrom(parameters.interval())
                : Optional.empty();
    }

    /** The last message asked for could not be sent. */
    public void onAdvertisementFailed(String cause, MonotonicInstant now) {
        step(new ElectionEvent.AdvertisementFailed(cause), now);
    }

    /** Another host said that it has one of the addresses; of weight to one that listens after a stall alone. */
    public void onAddressClaimed(MonotonicInstant now) {
        // Hundreds are announced at once, and each step is looked at by the members of a sync group.
        if (state instanceof ElectionState.Backup backup && backup.watch().listenedAgain()) {
            step(new ElectionEvent.AddressClaimed(), now);
        }
    }

    public void onAddressesHeld(MonotonicInstant now) {
        step(new ElectionEvent.AddressesHeld(), now);
    }

    /** The addresses could not be taken, and none of them is left behind. */
    public void onAddressesUnavailable(String cause, MonotonicInstant now) {
        step(new ElectionEvent.AddressesUnavailable(cause), now);
    }

    /** Ask a peer to take over; without effect unless Active. */
    public void onHandOver(Duration within, MonotonicInstant now) {
        step(new ElectionEvent.HandOverRequested(within), now);
    }

    /** The guard acted for this node; without effect unless Active. */
    public void onFenced(String cause, MonotonicInstant now) {
        step(new ElectionEvent.Fenced(cause), now);
    }

    public void onPreemptionResumed(MonotonicInstant now) {
        step(new ElectionEvent.PreemptionResumed(), now);
        if (group != null) {
            group.onPreemptionResumed(this, now);
        }
    }

    /** Stop to take part, with a farewell if Active. {@link #onLinkUp} starts anew. */
    public void onShutdown(MonotonicInstant now) {
        participation.onShutdown();
        step(new ElectionEvent.Shutdown(), now);
    }

    /** Look at the deadlines. */
    public void onTime(MonotonicInstant now) {
        if (participation.endDelay(now)) {
            judgeParticipation(now);
        }
        Optional<MonotonicInstant> held = group == null ? Optional.empty() : group.holds(this, now);
        if (held.isPresent()) {
            noticeSilence(now);
            step(new ElectionEvent.GroupFollows(held.get()), now);
        } else {
            step(new ElectionEvent.TimePassed(), now);
        }
    }

    /** Once for each silence, and not for that of an Active that the other members are about to miss too. */
    private void noticeSilence(MonotonicInstant now) {
        boolean lasting = state instanceof ElectionState.Backup backup
                && now.since(backup.watch().quietSince())
                                .compareTo(parameters
                                        .activeDownInterval(backup.watch().interval())
                                        .multipliedBy(2))
                        >= 0;
        if (lasting && !toldApart && group != null) {
            group.followed(this)
                    .flatMap(watch -> watch.active().router())
                    .ifPresent(active -> notices.add(new ElectionNotice.SegmentSilent(active.address())));
            toldApart = true;
        }
    }

    /** Belongs to a sync group from now on. */
    void join(SyncGroup coupled) {
        group = coupled;
        participation.onGroup(Optional.empty(), Optional.of("the other members of the sync group"));
    }

    /** What the other members of the sync group come to. */
    void onGroup(Optional<FaultCause> fault, Optional<String> wait, MonotonicInstant now) {
        if (participation.onGroup(fault, wait)) {
            judgeOwnParticipation(now);
        }
    }

    /** Another member of the sync group did something that this one follows. */
    void follow(ElectionEvent event, MonotonicInstant now) {
        step(event, now);
    }

    /** What keeps this virtual router from taking part, its sync group apart. */
    Optional<FaultCause> ownFault() {
        if (state instanceof ElectionState.Fault fault && fault.retryDeadline().isPresent()) {
            return Optional.of(fault.cause());
        }
        return participation.ownVerdict() instanceof Participation.Verdict.No no
                ? Optional.of(no.cause())
                : Optional.empty();
    }

    /** What this virtual router waits for before it starts, its sync group apart. */
    Optional<String> ownWait() {
        return participation.ownVerdict() instanceof Participation.Verdict.NotYet notYet
                ? Optional.of(notYet.reason())
                : Optional.empty();
    }

    private void step(ElectionEvent event, MonotonicInstant now) {
        ElectionState before = state;
        Transition transition = rules.step(before, event, now);
        state = transition.next();
        actions.addAll(transition.actions());
        transition.cause().ifPresent(cause -> stateChanges.add(new StateChange(before, transition.next(), cause, now)));
        if (group != null) {
            group.onStep(this, before, transition, now);
        }
    }

    /** When to call {@link #onTime} next; empty: no need before another input. */
    public Optional<MonotonicInstant> nextDeadline() {
        Optional<MonotonicInstant> ofState = state.nextDeadline();
        return participation
                .delayEnd()
                .map(end -> ofState.map(deadline -> MonotonicInstant.earlierOf(end, deadline))
                        .orElse(end))
                .or(() -> ofState);
    }

    /** Whether there is anything to carry out or to tell. */
    public boolean hasOutput() {
        return !actions.isEmpty() || !stateChanges.isEmpty() || !notices.isEmpty();
    }

    /** The next thing to carry out, or null. */
    public @Nullable ElectionAction pollAction() {
        return actions.poll();
    }

    /** The next change to tell, or null. */
    public @Nullable StateChange pollStateChange() {
        return stateChanges.poll();
    }

    /** The next oddity to tell, or null. */
    public @Nullable ElectionNotice pollNotice() {
        return notices.poll();
    }
}
