// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.election.ElectionState.Active;
import io.mainstay.election.ElectionState.ActiveWatch;
import io.mainstay.election.ElectionState.Backup;
import io.mainstay.election.ElectionState.Contention;
import io.mainstay.election.ElectionState.Fault;
import io.mainstay.election.ElectionState.HandOver;
import io.mainstay.election.ElectionState.Initialize;
import io.mainstay.election.ElectionTable.Row;
import io.mainstay.election.ElectionTable.Situation;
import io.mainstay.election.wire.Advertisement;
import io.mainstay.election.wire.VrrpVersion;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualRouterId;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Holds the election against {@code transitions.txt}: every state, event, priority relation, preempt mode and owner. */
class ElectionTableTest {

    private static final IpAddress OURS = IpAddress.parse("198.18.200.200");
    private static final IpAddress BELOW_OURS = IpAddress.parse("198.18.9.250");
    // Above ours as unsigned number, below it as signed one or as text.
    private static final IpAddress ABOVE_OURS = IpAddress.parse("223.0.0.1");
    private static final IpAddress THIRD = IpAddress.parse("198.18.0.77");
    private static final FaultCause NO_CARRIER = new FaultCause(TransitionReason.NO_CARRIER, "interface eth0");
    private static final FaultCause TRACKER = new FaultCause(TransitionReason.TRACKER_FAILED, "script db");

    /** When the state under test was entered; close to the overflow of the counter on purpose. */
    private static final MonotonicInstant ENTERED = new MonotonicInstant(Long.MAX_VALUE - 1_000_000);

    /** The numbers of one run; an interval each so that no two can be mixed up. */
    private record Numbers(int priority, Duration own, Duration learnt, Duration theirs) {}

    private static final List<Numbers> OTHERS = List.of(
            new Numbers(100, Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofSeconds(1)),
            new Numbers(1, Duration.ofMillis(10), Duration.ofMillis(70), Duration.ofMillis(330)),
            new Numbers(254, Duration.ofMillis(40_950), Duration.ofMillis(10), Duration.ofSeconds(3)),
            new Numbers(200, Duration.ofMillis(20), Duration.ofMillis(40_950), Duration.ofMillis(10)));

    private static final List<Numbers> OWNERS = List.of(
            new Numbers(255, Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofSeconds(1)),
            new Numbers(255, Duration.ofMillis(10), Duration.ofMillis(70), Duration.ofMillis(40_950)));

    @Test
    void everySituationHasExactlyOneRow() {
        List<Row> rows = ElectionTable.rows();
        assertThat(ElectionTable.situations())
                .allSatisfy(situation -> assertThat(rows.stream().filter(row -> row.speaksFor(situation)))
                        .as("%s", situation)
                        .hasSize(1));
    }

    @Test
    void everyRowSpeaksForSomeSituation() {
        List<Situation> situations = ElectionTable.situations();
        assertThat(ElectionTable.rows())
                .allSatisfy(row -> assertThat(situations).as(row.line()).anyMatch(row::speaksFor));
    }

    @TestFactory
    Stream<DynamicTest> theElectionDoesWhatTheRowSays() {
        return ElectionTable.rows().stream()
                .map(row -> DynamicTest.dynamicTest(
                        row.line().replaceAll("\\s+", " "),
                        () -> ElectionTable.situations().stream()
                                .filter(row::speaksFor)
                                .forEach(situation -> check(row, situation))));
    }

    private static void check(Row row, Situation situation) {
        for (Numbers numbers : situation.owner() ? OWNERS : OTHERS) {
            if (canBe(situation.relation(), numbers.priority()) && canBe(situation.event(), numbers.priority())) {
                check(row, situation, numbers);
            }
        }
    }

    /** No priority is between 0 and 1, nor between 254 and 255. */
    private static boolean canBe(String change, int ours) {
        return switch (change) {
            case "lower", "raised", "raised-late" -> ours != 1;
            case "higher", "lowered" -> ours != 254;
            default -> true;
        };
    }

    private static void check(Row row, Situation situation, Numbers numbers) {
        ElectionParameters parameters = new ElectionParameters(
                VrrpVersion.V3, new Priority(numbers.priority()), numbers.own(), situation.preempt(), Duration.ZERO);
        ElectionState before = state(situation, numbers);
        MonotonicInstant now = momentOf(situation, before, numbers);
        ElectionEvent event = event(situation, numbers, now);
        String what = situation + " " + numbers;

        Transition transition = new Election(parameters).step(before, event, now);

        if (row.next().equals("same")) {
            assertThat(transition.next()).as(what).isEqualTo(before);
        } else {
            assertThat(transition.next().label()).as(what).isEqualToIgnoringCase(row.next());
        }
        assertThat(transition.actions().stream().map(ElectionTableTest::word))
                .as(what)
                .containsExactlyElementsOf(row.actions());
        assertThat(transition.cause().map(cause -> cause.reason().label()).orElse("-"))
                .as(what)
                .isEqualTo(row.reason());
        assertThat(isSuspended(transition.next())).as(what).isEqualTo(row.suspended());
        assertThat(transition.next().nextDeadline()).as(what).isEqualTo(deadline(row.timer(), before, now, numbers));
    }

    private static Optional<MonotonicInstant> deadline(
            String word, ElectionState before, MonotonicInstant now, Numbers numbers) {
        long own = numbers.own().toNanos();
        long learnt = numbers.learnt().toNanos();
        long theirs = numbers.theirs().toNanos();
        int priority = numbers.priority();
        return switch (word) {
            case "none" -> Optional.empty();
            case "keep" -> before.nextDeadline();
            case "advertise" -> Optional.of(now.plusNanos(own));
            case "down:own" -> Optional.of(now.plusNanos(3 * own + skew(priority, own)));
            case "down:theirs" -> Optional.of(now.plusNanos(3 * theirs + skew(priority, theirs)));
            case "down:later" -> {
                MonotonicInstant ofTheirs = now.plusNanos(3 * theirs + skew(priority, theirs));
                yield before.nextDeadline().map(kept -> kept.isBefore(ofTheirs) ? ofTheirs : kept);
            }
            case "down:entered" -> Optional.of(ENTERED.plusNanos(3 * own + skew(priority, own)));
            case "skew:own" -> Optional.of(now.plusNanos(skew(priority, own)));
            case "skew:learnt" -> Optional.of(now.plusNanos(skew(priority, learnt)));
            case "listen" -> Optional.of(now.plusNanos(own + skew(priority, own)));
            case "listen:learnt" -> Optional.of(now.plusNanos(learnt + skew(priority, learnt)));
            case "repeat" -> Optional.of(now.plusNanos(own + own / 16));
            case "early" -> Optional.of(now.plusNanos(own / 16));
            case "group" -> Optional.of(groupDeadline(now));
            case "retry" -> Optional.of(now.plusNanos(1_000_000_000));
            case "raised:learnt" ->
                before.nextDeadline()
                        .map(deadline -> deadline.plusNanos(skew(priority, learnt) - skew(priority - 1, learnt)));
            case "lowered:learnt" ->
                before.nextDeadline()
                        .map(deadline -> deadline.plusNanos(skew(priority, learnt) - skew(priority + 1, learnt)));
            default -> throw new IllegalArgumentException("timer: " + word + " (expected: one that is explained)");
        };
    }

    /** RFC 9568 section 6.1: Skew_Time. */
    private static long skew(int priority, long intervalNanos) {
        return (256 - priority) * intervalNanos / 256;
    }

    private static boolean isSuspended(ElectionState state) {
        return switch (state) {
            case Backup backup -> backup.preemptionSuspended();
            case Fault fault -> fault.preemptionSuspended();
            case Active ignored -> false;
            case Initialize ignored -> false;
        };
    }

    private static String word(ElectionAction action) {
        return switch (action) {
            case SEND_ADVERTISEMENT -> "advertise";
            case SEND_RESIGNATION -> "resign";
            case ACQUIRE_ADDRESSES -> "acquire";
            case ANNOUNCE_ADDRESSES -> "announce";
            case RELEASE_ADDRESSES -> "release";
            case PROBE_ADDRESSES -> "probe";
            case RELEASE_ADDRESSES_TO_SUCCESSOR -> "yield";
            case HOLD_ANNOUNCEMENTS -> "hold";
            case RESUME_ANNOUNCEMENTS -> "resume";
        };
    }

    private static ElectionState state(Situation situation, Numbers numbers) {
        PeerRouter sender = new PeerRouter(senderAddress(situation), new Priority(senderPriority(situation, numbers)));
        return switch (situation.state()) {
            case "initialize" -> new Initialize();
            case "backup" -> backup(numbers, sender, false);
            case "backup-of-another" -> backup(numbers, new PeerRouter(THIRD, new Priority(254)), false);
            case "backup-suspended" -> backup(numbers, sender, true);
            case "backup-listening" -> listening(numbers);
            case "active" -> active(numbers, Optional.empty());
            case "active-unheard" -> unheard(numbers);
            case "handing-over" -> active(numbers, Optional.of(handOver(situation, numbers)));
            case "fault-link" -> Fault.untilEnded(new FaultCause(TransitionReason.INTERFACE_DOWN, "eth0"), 0, false);
            case "fault-tracker" -> Fault.untilEnded(TRACKER, 0, false);
            case "fault-retry" ->
                new Fault(
                        new FaultCause(TransitionReason.ADDRESSES_UNAVAILABLE, "add 198.18.0.1/32 to eth0"),
                        Optional.of(OURS),
                        Optional.of(ENTERED.plus(Duration.ofSeconds(1))),
                        1,
                        false);
            default -> throw new IllegalArgumentException(situation.state());
        };
    }

    private static Backup backup(Numbers numbers, PeerRouter followed, boolean suspended) {
        long learnt = numbers.learnt().toNanos();
        ActiveWatch watch = new ActiveWatch(
                numbers.learnt(),
                ENTERED.plusNanos(3 * learnt + skew(numbers.priority(), learnt)),
                ENTERED,
                HeardActive.NONE.heard(followed),
                TransitionReason.ACTIVE_DOWN_TIMER,
                false);
        return new Backup(OURS, watch, Optional.empty(), suspended, 0);
    }

    private static Backup listening(Numbers numbers) {
        long own = numbers.own().toNanos();
        ActiveWatch watch = new ActiveWatch(
                numbers.own(),
                ENTERED.plusNanos(own + skew(numbers.priority(), own)),
                ENTERED,
                HeardActive.NONE,
                TransitionReason.ACTIVE_DOWN_TIMER,
                true);
        return new Backup(OURS, watch, Optional.empty(), false, 0);
    }

    private static Active active(Numbers numbers, Optional<HandOver> handOver) {
        return new Active(OURS, ENTERED.plus(numbers.own()), ENTERED, handOver, Optional.empty(), false, 0);
    }

    /** With the next advertisement of the sender it will have lasted for exactly three of its active-down intervals. */
    private static Active unheard(Numbers numbers) {
        long theirs = numbers.theirs().toNanos();
        MonotonicInstant next = ENTERED.plusNanos(numbers.own().toNanos() / 4);
        Contention contention = new Contention(
                next.plusNanos(-3 * (3 * theirs + skew(numbers.priority(), theirs))), next.plusNanos(-theirs));
        return active(numbers, Optional.empty()).withContention(contention);
    }

    /** Its deadline comes after that of the next advertisement, and before a stall when that is what is tested. */
    private static HandOver handOver(Situation situation, Numbers numbers) {
        Duration within = situation.event().equals("time-refused")
                ? numbers.own().plus(numbers.own().dividedBy(2))
                : numbers.own().multipliedBy(4);
        return new HandOver(ENTERED, ENTERED.plus(within), 1);
    }

    private static MonotonicInstant momentOf(Situation situation, ElectionState before, Numbers numbers) {
        MonotonicInstant soon = ENTERED.plusNanos(numbers.learnt().toNanos() / 4);
        return switch (situation.event()) {
            case "time-early" -> before.nextDeadline().orElseThrow().plusNanos(-1);
            case "time-due" -> before.nextDeadline().orElse(soon);
            case "time-refused" ->
                ENTERED.plus(numbers.own()).plus(numbers.own().dividedBy(2));
            case "time-late", "advert-late", "raised-late", "group-yields-late" -> late(before, numbers);
            case "unsent-again" -> ENTERED.plus(numbers.own().multipliedBy(2));
            default ->
                before instanceof Active ? ENTERED.plusNanos(numbers.own().toNanos() / 4) : soon;
        };
    }

    /** The first moment that counts as late. */
    private static MonotonicInstant late(ElectionState before, Numbers numbers) {
        return switch (before) {
            case Initialize ignored -> ENTERED.plus(Duration.ofHours(1));
            case Backup backup -> backup.watch().downDeadline().plus(numbers.learnt());
            case Active active ->
                ENTERED.plus(numbers.own().multipliedBy(active.handOver().isPresent() ? 2 : 3));
            case Fault fault -> fault.nextDeadline().orElse(ENTERED).plus(Duration.ofHours(1));
        };
    }

    private static MonotonicInstant groupDeadline(MonotonicInstant now) {
        return now.plusNanos(1_234_567);
    }

    private static ElectionEvent event(Situation situation, Numbers numbers, MonotonicInstant now) {
        return switch (situation.event()) {
            case "startup" -> new ElectionEvent.CanTakePart(OURS);
            case "link-down" -> new ElectionEvent.CannotTakePart(NO_CARRIER);
            case "tracker-failed" -> new ElectionEvent.CannotTakePart(TRACKER);
            case "raised", "raised-late" -> new ElectionEvent.PriorityChanged(new Priority(numbers.priority() - 1));
            case "lowered" -> new ElectionEvent.PriorityChanged(new Priority(numbers.priority() + 1));
            case "group-active" -> new ElectionEvent.GroupTookOver("db");
            case "group-yields", "group-yields-late" ->
                new ElectionEvent.GroupSteppedBack("db", true, groupDeadline(now), false, false);
            case "group-stalled" -> new ElectionEvent.GroupSteppedBack("db", false, groupDeadline(now), false, false);
            case "group-follows" -> new ElectionEvent.GroupFollows(groupDeadline(now));
            case "shutdown" -> new ElectionEvent.Shutdown();
            case "hand-over" ->
                new ElectionEvent.HandOverRequested(numbers.own().multipliedBy(4));
            case "resume-preemption" -> new ElectionEvent.PreemptionResumed();
            case "fenced" -> new ElectionEvent.Fenced("the election did not run in time");
            case "sent" -> new ElectionEvent.AdvertisementSent(now);
            case "unsent", "unsent-again" -> new ElectionEvent.AdvertisementFailed("no buffer space");
            case "claimed" -> new ElectionEvent.AddressClaimed();
            case "held" -> new ElectionEvent.AddressesHeld();
            case "unavailable" -> new ElectionEvent.AddressesUnavailable("operation not permitted");
            case "advert", "advert-late" -> advert(situation, numbers);
            default -> new ElectionEvent.TimePassed();
        };
    }

    private static ElectionEvent advert(Situation situation, Numbers numbers) {
        Advertisement advertisement = new Advertisement(
                VrrpVersion.V3,
                new VirtualRouterId(51),
                new Priority(senderPriority(situation, numbers)),
                numbers.theirs(),
                List.of(IpAddress.parse("198.18.0.1")));
        return new ElectionEvent.AdvertisementReceived(advertisement, senderAddress(situation));
    }

    private static int senderPriority(Situation situation, Numbers numbers) {
        return switch (situation.relation()) {
            case "zero" -> 0;
            case "lower" -> numbers.priority() - 1;
            case "higher" -> numbers.priority() + 1;
            case "255" -> 255;
            default -> numbers.priority();
        };
    }

    /** Against what would follow from the address alone where the priority has to decide. */
    private static IpAddress senderAddress(Situation situation) {
        return switch (situation.relation()) {
            case "equal-higher", "lower" -> ABOVE_OURS;
            default -> BELOW_OURS;
        };
    }
}
