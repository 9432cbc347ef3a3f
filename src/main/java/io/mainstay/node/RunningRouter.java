// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.election.AdvertisementSigner;
import io.mainstay.election.AuthenticationConfig;
import io.mainstay.election.ElectionAction;
import io.mainstay.election.FaultCause;
import io.mainstay.election.SyncGroup;
import io.mainstay.election.Tracked;
import io.mainstay.election.TransitionReason;
import io.mainstay.election.VirtualRouter;
import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.election.wire.Advertisement;
import io.mainstay.election.wire.ChecksumForm;
import io.mainstay.election.wire.DecodeResult;
import io.mainstay.kernel.GuardedRouter;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.IpFamily;
import io.mainstay.net.MacAddress;
import io.mainstay.net.VirtualAddress;
import io.mainstay.takeover.Takeover;
import io.mainstay.takeover.TakeoverOutcome;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One virtual router at work: carries out what its election and its takeover ask for, and tells them how it went. Belongs to
 * the election thread.
 */
final class RunningRouter {

    private final VirtualRouter election;
    private final Takeover takeover;
    private final RouterAuthentication authentication;
    private final AdvertisementSender sender;
    private final RouterGuard guard;
    private final AddressHome home;
    private final ElectionPorts ports;
    private final ElectionLease lease;
    private final RouterReports reports;
    private final TakeoverSteps steps;
    private final TakeoverExecution execution;
    private final RouterDrain drain;
    private final DrainNotices drainNotices;
    private final Set<IpAddress> plainAddresses;
    private final AtomicReference<@Nullable Tracked> newlyTracked = new AtomicReference<>();

    /** The other members of its sync group. */
    private List<RunningRouter> companions = List.of();

    private boolean stopped;

    /** @param number tells this router from the others of the driver */
    RunningRouter(
            int number,
            VirtualRouter election,
            RouterSetup setup,
            RunningInterface link,
            ElectionPorts ports,
            ServiceGate gate,
            ElectionLease lease,
            ElectionReports listeners) {
        VirtualRouterConfig config = election.config();
        this.election = election;
        this.ports = ports;
        this.lease = lease;
        steps = new TakeoverSteps(config.name(), listeners);
        authentication = new RouterAuthentication(config.vrid(), setup.authentication(), ports.wallClock());
        home = setup.virtualMac().isPresent()
                ? new VirtualMacHome(config, setup.virtualMac().get(), link, ports, this::onInterfaceRestored)
                : new InterfaceHome(link, ports);
        AdvertisementSigner signer = authentication.signer();
        sender = new AdvertisementSender(election, signer, home, ports.wallClock());
        guard = new RouterGuard(
                number,
                election,
                link,
                home,
                lease,
                new GuardMessages(election, sender, signer, ports, lease.length()));
        plainAddresses =
                config.addresses().stream().map(VirtualAddress::address).collect(Collectors.toUnmodifiableSet());
        drain = new RouterDrain(
                config.name(), plainAddresses, link.name(), setup.drainTimeout(), ports, gate, listeners);
        RouterDetour detour = new RouterDetour(plainAddresses, link.name(), ports.detours());
        drainNotices = new DrainNotices(election, sender, authentication, guard, drain, detour, ports.clock());
        takeover = new Takeover(
                config.addresses(), setup.announce(), config.priority().isOwner(), drain.isWanted());
        execution =
                new TakeoverExecution(takeover, plainAddresses, link.name(), home, ports, gate, lease, steps, drain);
        reports = new RouterReports(election, takeover, steps, drain, detour, listeners, ports.clock());
    }

    /** Makes one sync group of the routers. */
    static void couple(List<RunningRouter> members) {
        SyncGroup.couple(members.stream().map(member -> member.election).toList());
        for (RunningRouter member : members) {
            member.companions =
                    members.stream().filter(other -> other != member).toList();
        }
    }

    /** Says what has to be waited for before the first start. */
    void prepare(Duration startupDelay, Optional<Tracked> tracked) {
        if (startupDelay.isPositive()) {
            election.delayStartUntil(now().plus(startupDelay));
        }
        tracked.ifPresent(undecided -> election.onTracked(undecided, now()));
    }

    /** What is tracked comes to something else. Called by any thread; the election takes the latest up in its next turn. */
    void track(Tracked tracked) {
        newlyTracked.set(tracked);
    }

    /** Takes up what is tracked, and says whether there was news. */
    boolean judgeTracked() {
        Tracked tracked = newlyTracked.getAndSet(null);
        if (tracked == null || stopped) {
            return false;
        }
        election.onTracked(tracked, heededNow());
        settle();
        return true;
    }

    /** How it proves what it says becomes another. Called by any thread; the election takes it up in its next turn. */
    void authenticate(AuthenticationConfig changed) {
        authentication.configure(changed);
    }

    /** Takes up how it proves what it says from now on. */
    void judgeAuthentication() {
        if (authentication.takeUp()) {
            guard.outdate();
        }
    }

    VirtualRouterConfig config() {
        return election.config();
    }

    boolean isActive() {
        return election.isActive();
    }

    boolean isHandingOver() {
        return election.isHandingOver();
    }

    boolean isReleased() {
        return takeover.isReleased();
    }

    /** Whether connections live on here after a hand-over. */
    boolean isDraining() {
        return drain.isUnderWay();
    }

    /** Leaves the connections that live on here to whoever closes their sockets. */
    void forgetDrain() {
        drain.over();
    }

    /** Resets the connections that live on here, in the next turn. */
    void hurryDrain() {
        drain.hurry();
    }

    /** What its addresses stand on. */
    AddressHome home() {
        return home;
    }

    /** Makes ready what its addresses are to stand on; what keeps it from that, or empty. */
    Optional<String> prepareHome() {
        if (stopped) {
            return Optional.empty();
        }
        try {
            home.prepare();
            return Optional.empty();
        } catch (KernelException e) {
            return Optional.of(e.getMessage());
        }
    }

    private void onInterfaceRestored(String sentence) {
        reports.notice("virtual-interface-restored", sentence);
    }

    boolean holds(VirtualAddress address) {
        return takeover.held().contains(address);
    }

    /** What stands on a newly opened interface: leftovers of an earlier run are removed before it is used. */
    void onInterfaceOpened(Collection<VirtualAddress> standing) {
        takeover.onStart(standing, now());
        takeAllSteps();
    }

    /** How many octets its advertisements over a family have, with the IP header. */
    int packetOctets(IpFamily family) {
        return sender.packetOctets(family);
    }

    /** @param sources from which address to advertise, for each family of the configuration */
    void onLinkUp(Map<IpFamily, IpAddress> sources) {
        if (stopped) {
            return;
        }
        if (!sources.values().stream().allMatch(election::isSource)) {
            guard.outdate();
        }
        election.onLinkUp(sources, now());
        settle();
    }

    void onLinkDown(TransitionReason reason, String detail) {
        if (stopped) {
            return;
        }
        election.onLinkDown(new FaultCause(reason, detail), now());
        settle();
    }

    /**
     * What its addresses stood on is gone, or is about to be out of reach: they are given up at once, by a Backup that kept them
     * for its successor too. The resets of clients are not waited for: they leave without the address.
     */
    void onInterfaceLeft() {
        takeover.release();
        settle();
        takeAllSteps();
    }

    /** Why an advertisement with this router's number is thrown away; empty if it is to be handed in. */
    Optional<DecodeResult.Discarded> refusal(DecodeResult.Decoded decoded, IpDatagram datagram) {
        return election.refusal(decoded.advertisement(), datagram).or(() -> authentication.refusal(decoded, datagram));
    }

    void onAdvertisement(DecodeResult.Decoded decoded, IpAddress source) {
        reports.onReceived();
        ChecksumForm form = election.checksumForm();
        authentication.accept(decoded, source).ifPresent(odd -> reports.notice(odd.label(), odd.sentence()));
        election.onAdvertisement(decoded.advertisement(), decoded.checksumForm(), source, heededNow());
        if (election.checksumForm() != form) {
            // What the guard is to send follows that of the peer. To sign it anew for less would cost a node with
            // hundreds of
            // routers most of the time in which it hands them over.
            guard.outdate();
        }
        settle();
        // A member of a sync group steps back before it hears who takes over, and one that is stopped follows nobody.
        if ((takeover.isLingering() || drain.isUnderWay())
                && !decoded.advertisement().priority().isResign()
                && !election.isSource(source)) {
            drain.follow(source);
        }
    }

    /** Takes in that connections live on on the former Active; whether it is such a message, which is none for the election. */
    boolean takeDrainNotice(DecodeResult.Decoded decoded, IpDatagram datagram) {
        return drainNotices.take(decoded, datagram);
    }

    boolean isOwnAddress(IpAddress source) {
        return election.isSource(source);
    }

    void onAddressLost(VirtualAddress address) {
        takeover.onAddressLost(address, now());
        settle();
    }

    void onAddressAppeared(VirtualAddress address) {
        takeover.onAddressAppeared(address, now());
        settle();
    }

    void onAddressClaimed(IpAddress address, MacAddress claimant) {
        takeover.onAddressClaimed(address, claimant, now());
        election.onAddressClaimed(now());
        settle();
    }

    /** Asks a peer to take over. */
    void handOver(HandOverRequests.Request request) {
        if (!election.isActive()) {
            request.complete(HandOverResult.Outcome.NOT_ACTIVE, "this node is not Active", now());
            return;
        }
        reports.await(request);
        election.onHandOver(request.within().orElse(election.defaultHandOverTimeout()), heededNow());
        settle();
    }

    void resumePreemption() {
        election.onPreemptionResumed(now());
        settle();
    }

    /** Stops for good: the link does not start it again. */
    void shutDown() {
        stopped = true;
        election.onShutdown(now());
        settle();
    }

    /** The guard acted for this node: whatever it still holds is given up at once. */
    void onFenced(String cause) {
        guard.onFenced();
        election.onFenced(cause, now());
        takeover.release();
        settle();
        takeAllSteps();
    }

    /** Whether what the guard is to say is older than what this router has said itself. */
    boolean isGuardAged() {
        return guard.isAged();
    }

    /**
     * What the guard is to give up for this router: null once nothing is held and nothing is about to be taken.
     *
     * @param refresh whether what has aged is to be laid anew
     */
    @Nullable
    GuardedRouter guarded(boolean refresh) {
        return guard.order(!takeover.isReleased(), refresh);
    }

    /** Takes into account what the guard said in the place of this router, before anything is judged at that time. */
    void heedGuard(MonotonicInstant now) {
        guard.heed(now);
    }

    /** The time, from before the guard was heeded: a router that was spoken for until then has not been silent. */
    private MonotonicInstant heededNow() {
        MonotonicInstant now = now();
        guard.heed(now);
        return now;
    }

    /** How often the guard has advertised in the place of this router. */
    long stoodIn() {
        return guard.spoken();
    }

    /** Looks at all deadlines, and says whether one was over. Received datagrams have to be handed in before. */
    boolean judgeTime() {
        boolean electionDue = isDue(election.nextDeadline());
        if (electionDue) {
            election.onTime(heededNow());
            settle();
        }
        boolean takeoverDue = isDue(takeover.nextDeadline());
        if (takeoverDue) {
            takeover.onTime(now());
            settle();
        }
        // Active again a moment before the drain is over: to a unicast peer it would be a resignation.
        if (drain.judgeTime() && !election.isActive()) {
            drainNotices.tell();
        }
        return electionDue || takeoverDue;
    }

    private boolean isDue(Optional<MonotonicInstant> deadline) {
        return deadline.filter(now()::hasReached).isPresent();
    }

    /** Carries out all steps of a takeover, and waits for nothing. */
    void takeAllSteps() {
        boolean more = true;
        while (more) {
            execution.hurry();
            more = takeNextStep();
        }
    }

    /** Carries out the next step of a takeover, and says whether there was one that need not wait. */
    boolean takeNextStep() {
        if (!execution.takeNext()) {
            return false;
        }
        settle();
        return true;
    }

    /** Takes everything that the machines of this router, and of its companions, have to say until all are silent. */
    private void settle() {
        boolean more = settleAlone();
        while (more && !companions.isEmpty()) {
            more = false;
            for (RunningRouter companion : companions) {
                // Of hundreds most have nothing to say.
                more |= companion.election.hasOutput() && companion.settleAlone();
            }
            more |= settleAlone();
        }
    }

    /** Whether there was anything. */
    private boolean settleAlone() {
        boolean any = false;
        while (true) {
            any |= reports.tellAll();
            TakeoverOutcome outcome = takeover.pollOutcome();
            if (outcome != null) {
                switch (outcome) {
                    case TakeoverOutcome.AddressesHeld ignored -> {
                        election.onAddressesHeld(now());
                        reports.onServing();
                    }
                    case TakeoverOutcome.AddressesUnavailable unavailable ->
                        election.onAddressesUnavailable(unavailable.cause(), now());
                }
                any = true;
                continue;
            }
            ElectionAction action = election.pollAction();
            guard.instruct();
            if (action == null) {
                return reports.tellAll() || any;
            }
            any = true;
            perform(action);
        }
    }

    private void perform(ElectionAction action) {
        switch (action) {
            case SEND_ADVERTISEMENT -> {
                // Without the lease nothing is said; the loop finds the fence on its next turn and steps down.
                if (lease.renew()) {
                    send(election::advertisement);
                }
            }
            case SEND_RESIGNATION -> send(election::resignation);
            case ACQUIRE_ADDRESSES -> takeover.acquire();
            case ANNOUNCE_ADDRESSES -> takeover.announceAgain(now());
            case RELEASE_ADDRESSES -> takeover.release();
            case PROBE_ADDRESSES -> takeover.probe();
            case RELEASE_ADDRESSES_TO_SUCCESSOR -> {
                drain.follow(election.heardActive());
                takeover.releaseToSuccessor(now());
            }
            case HOLD_ANNOUNCEMENTS -> takeover.holdAnnouncements();
            case RESUME_ANNOUNCEMENTS -> takeover.resumeAnnouncements(now());
        }
    }

    private void send(Function<IpFamily, Advertisement> message) {
        AdvertisementSender.Outcome outcome = sender.send(message);
        if (authentication.signer().signs()) {
            guard.age();
        }
        reports.onSent(outcome);
        if (outcome.sent() == 0) {
            election.onAdvertisementFailed(String.join("; ", outcome.failures()), now());
            return;
        }
        steps.onAdvertised(now());
        election.onAdvertisementSent(now());
    }

    /** When this router wants to be looked at; now if steps of a takeover wait. */
    Optional<MonotonicInstant> nextDeadline() {
        Optional<MonotonicInstant> ofSteps = execution.nextDeadline();
        if (ofSteps.isPresent()) {
            return ofSteps;
        }
        Optional<MonotonicInstant> ofElection = election.nextDeadline();
        return MonotonicInstant.earliest(
                MonotonicInstant.earliest(ofElection, takeover.nextDeadline()), drain.nextDeadline());
    }

    ElectionSnapshot.Router snapshot() {
        return reports.snapshot(guard.spoken());
    }

    private MonotonicInstant now() {
        return ports.clock().now();
    }
}
