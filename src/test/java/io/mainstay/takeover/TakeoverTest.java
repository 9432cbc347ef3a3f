// SPDX-License-Identifier: Apache-2.0
package io.mainstay.takeover;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.net.IpAddress;
import io.mainstay.net.MacAddress;
import io.mainstay.net.VirtualAddress;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class TakeoverTest {

    private static final VirtualAddress A = VirtualAddress.parse("198.18.0.200/24");
    private static final VirtualAddress B = VirtualAddress.parse("198.18.0.201/24");
    private static final MacAddress STRANGER = new MacAddress(0x02_00_00_00_00_99L);
    private static final Duration MILLISECOND = Duration.ofMillis(1);

    private Takeover takeover = new Takeover(List.of(A, B), new AnnounceConfig(5, Duration.ofSeconds(60)), false);
    private MonotonicInstant now = new MonotonicInstant(0);
    private final Set<String> failing = new HashSet<>();

    /** Carries everything out and says in words what it was. */
    private List<String> carryOut() {
        List<String> done = new ArrayList<>();
        TakeoverAction action;
        while ((action = takeover.pollAction()) != null) {
            String word = word(action);
            if (failing.contains(word)) {
                done.add(word + " fails");
                takeover.onFailed(action, word + ": operation not permitted", now);
            } else {
                done.add(word);
                takeover.onDone(action, now);
            }
        }
        return done;
    }

    private static String word(TakeoverAction action) {
        return switch (action) {
            case TakeoverAction.AddAddress add -> "add " + last(add.address().address());
            case TakeoverAction.RemoveAddress remove ->
                "remove " + last(remove.address().address());
            case TakeoverAction.LeaveAddress leave ->
                "leave " + last(leave.address().address());
            case TakeoverAction.Announce announce -> "announce " + last(announce.address());
            case TakeoverAction.Probe probe -> "probe " + last(probe.address());
            case TakeoverAction.OpenServices ignored -> "open";
            case TakeoverAction.CloseServices ignored -> "close";
            case TakeoverAction.DrainServices ignored -> "drain";
        };
    }

    private static String last(IpAddress address) {
        return address.equals(A.address()) ? "A" : address.equals(B.address()) ? "B" : address.toString();
    }

    private List<String> notices() {
        List<String> labels = new ArrayList<>();
        TakeoverNotice notice;
        while ((notice = takeover.pollNotice()) != null) {
            assertThat(notice.sentence()).isNotBlank().doesNotEndWith(".");
            labels.add(notice.label());
        }
        return labels;
    }

    private List<String> timePasses(Duration duration) {
        now = now.plus(duration);
        takeover.onTime(now);
        return carryOut();
    }

    private void hold() {
        takeover.acquire();
        carryOut();
        assertThat(takeover.pollOutcome()).isEqualTo(new TakeoverOutcome.AddressesHeld());
    }

    @Nested
    class Acquiring {

        @Test
        void addsThenAnnouncesThenOpens() {
            takeover.acquire();
            assertThat(carryOut()).containsExactly("add A", "add B", "announce A", "announce B", "open");
            assertThat(takeover.pollOutcome()).isEqualTo(new TakeoverOutcome.AddressesHeld());
            assertThat(takeover.pollOutcome()).isNull();
            assertThat(takeover.held()).containsExactlyInAnyOrder(A, B);
        }

        @Test
        void anAddressThatCannotBeAddedUndoesTheOthers() {
            failing.add("add B");
            takeover.acquire();
            assertThat(carryOut()).containsExactly("add A", "add B fails", "close", "remove A");
            assertThat(takeover.pollOutcome())
                    .isEqualTo(new TakeoverOutcome.AddressesUnavailable("add B: operation not permitted"));
            assertThat(takeover.held()).isEmpty();
            assertThat(takeover.isReleased()).isTrue();
            assertThat(takeover.nextDeadline()).isEmpty();
        }

        @Test
        void anAnnouncementThatFailsIsNoticedAndNoMore() {
            failing.add("announce A");
            takeover.acquire();
            assertThat(carryOut()).containsExactly("add A", "add B", "announce A fails", "announce B", "open");
            assertThat(notices()).containsExactly("announcement-failed");
        }

        @Test
        void releasedHalfwayOnlyWhatWasTakenIsGivenBack() {
            takeover.acquire();
            takeover.onDone(Objects.requireNonNull(takeover.pollAction()), now);
            takeover.release();
            assertThat(carryOut()).containsExactly("close", "remove A");
            assertThat(takeover.pollOutcome()).isNull();
        }

        @Test
        void announcementsAreRepeatedAndThenRefreshed() {
            hold();
            assertThat(timePasses(Duration.ofMillis(49))).isEmpty();
            assertThat(timePasses(MILLISECOND)).containsExactly("announce A", "announce B");
            for (int millis : new int[] {150, 300}) {
                assertThat(timePasses(Duration.ofMillis(millis))).containsExactly("announce A", "announce B");
            }
            assertThat(timePasses(Duration.ofMillis(500)))
                    .containsExactly("announce A", "announce B", "probe A", "probe B");
            assertThat(timePasses(Duration.ofSeconds(59))).isEmpty();
            assertThat(timePasses(Duration.ofSeconds(1)))
                    .containsExactly("announce A", "announce B", "probe A", "probe B");
        }
    }

    @Nested
    class Releasing {

        @Test
        void closesThenRemovesInReverse() {
            hold();
            takeover.release();
            assertThat(carryOut()).containsExactly("close", "remove B", "remove A");
            assertThat(takeover.isReleased()).isTrue();
            assertThat(takeover.nextDeadline()).isEmpty();
        }

        @Test
        void twiceIsOnce() {
            hold();
            takeover.release();
            takeover.release();
            assertThat(carryOut()).containsExactly("close", "remove B", "remove A");
            takeover.release();
            assertThat(carryOut()).isEmpty();
        }

        @Test
        void forASuccessorWaitsUntilItHasAnnouncedAllAddresses() {
            hold();
            takeover.releaseToSuccessor(now);
            assertThat(takeover.isLingering()).isTrue();
            takeover.onAddressClaimed(A.address(), STRANGER, now);
            assertThat(timePasses(Duration.ofMillis(15))).isEmpty();
            takeover.onAddressClaimed(B.address(), STRANGER, now);
            assertThat(timePasses(Takeover.LINGER_AFTER_CLAIM.minus(MILLISECOND)))
                    .isEmpty();
            assertThat(timePasses(MILLISECOND)).containsExactly("close", "remove B", "remove A");
            assertThat(notices()).isEmpty();
        }

        @Test
        void forASuccessorThatIsNotHeardWaitsNoLongerThanTheBound() {
            hold();
            takeover.releaseToSuccessor(now);
            assertThat(timePasses(Takeover.LONGEST_LINGER.minus(MILLISECOND))).isEmpty();
            assertThat(timePasses(MILLISECOND)).containsExactly("close", "remove B", "remove A");
        }

        @Test
        void thoseThatAreToLiveOnAreKeptForASuccessorAndNobodyElse() {
            takeover = new Takeover(List.of(A, B), new AnnounceConfig(5, Duration.ofSeconds(60)), false, true);
            hold();
            takeover.releaseToSuccessor(now);
            assertThat(timePasses(Takeover.LONGEST_LINGER)).containsExactly("drain", "remove B", "remove A");
            hold();
            takeover.release();
            assertThat(carryOut()).containsExactly("close", "remove B", "remove A");
        }

        @Test
        void connectionsThatCannotBeKeptAreResetBeforeTheAddressesGo() {
            takeover = new Takeover(List.of(A, B), new AnnounceConfig(5, Duration.ofSeconds(60)), false, true);
            hold();
            failing.add("drain");
            takeover.releaseToSuccessor(now);
            assertThat(timePasses(Takeover.LONGEST_LINGER))
                    .containsExactly("drain fails", "close", "remove B", "remove A");
            assertThat(notices()).containsExactly("connections-not-kept");
        }

        @Test
        void anOwnerKeepsItsAddressesAndNoConnections() {
            takeover = new Takeover(List.of(A, B), new AnnounceConfig(5, Duration.ofSeconds(60)), true, true);
            hold();
            takeover.releaseToSuccessor(now);
            assertThat(timePasses(Takeover.LONGEST_LINGER)).first().isEqualTo("close");
        }

        @Test
        void ofManyAddressesWaitsUntilTheSuccessorCanHaveTakenThemAll() {
            List<VirtualAddress> many = IntStream.rangeClosed(1, 200)
                    .mapToObj(number -> VirtualAddress.parse("198.18.1." + number + "/32"))
                    .toList();
            Takeover large = new Takeover(many, new AnnounceConfig(1, Duration.ZERO), false);
            large.acquire();
            TakeoverAction action;
            while ((action = large.pollAction()) != null) {
                large.onDone(action, now);
            }
            large.releaseToSuccessor(now);
            many.subList(0, 199).forEach(address -> large.onAddressClaimed(address.address(), STRANGER, now));
            large.onTime(now.plus(Duration.ofMillis(199)));
            assertThat(large.hasActions()).isFalse();
            large.onTime(now.plus(Duration.ofMillis(200)));
            assertThat(large.hasActions()).isTrue();
        }

        @Test
        void whileItWaitsNothingIsAnnounced() {
            hold();
            now = now.plus(Duration.ofMillis(40));
            takeover.releaseToSuccessor(now);
            assertThat(timePasses(Duration.ofMillis(20))).isEmpty();
        }

        @Test
        void aSuccessorThatWasHeardBeforeItsAdvertisementCounts() {
            hold();
            takeover.onAddressClaimed(A.address(), STRANGER, now);
            takeover.onAddressClaimed(B.address(), STRANGER, now);
            takeover.releaseToSuccessor(now);
            assertThat(timePasses(Takeover.LINGER_AFTER_CLAIM)).containsExactly("close", "remove B", "remove A");
        }

        @Test
        void takenAgainWhileItWaitsTheAddressesStay() {
            hold();
            takeover.releaseToSuccessor(now);
            takeover.acquire();
            assertThat(carryOut()).containsExactly("add A", "add B", "announce A", "announce B", "open");
            assertThat(timePasses(Duration.ofMillis(50))).containsExactly("announce A", "announce B");
            assertThat(takeover.held()).containsExactlyInAnyOrder(A, B);
        }

        @Test
        void anAddressThatCannotBeRemovedIsTriedEverySecond() {
            hold();
            failing.add("remove A");
            takeover.release();
            assertThat(carryOut()).containsExactly("close", "remove B", "remove A fails");
            assertThat(takeover.held()).containsExactly(A);
            assertThat(takeover.isReleased()).isFalse();
            assertThat(timePasses(Duration.ofSeconds(1))).containsExactly("remove A fails");
            assertThat(notices()).containsExactly("address-not-removed");
            failing.clear();
            assertThat(timePasses(Duration.ofSeconds(1))).containsExactly("remove A");
            assertThat(takeover.isReleased()).isTrue();
        }

        @Test
        void anAddressThatCouldNotBeRemovedStaysWhenItIsTakenAgain() {
            hold();
            failing.add("remove A");
            takeover.release();
            carryOut();
            takeover.acquire();
            carryOut();
            assertThat(timePasses(Duration.ofSeconds(1)))
                    .containsExactly("announce A", "announce B", "probe A", "probe B");
        }
    }

    @Nested
    class HandingOver {

        @Test
        void holdsAnnouncementsBack() {
            hold();
            takeover.holdAnnouncements();
            assertThat(timePasses(Duration.ofMinutes(2))).isEmpty();
            assertThat(takeover.nextDeadline()).isEmpty();
        }

        @Test
        void answersNoClaim() {
            hold();
            takeover.holdAnnouncements();
            takeover.onAddressClaimed(A.address(), STRANGER, now);
            takeover.announceAgain(now);
            assertThat(timePasses(Duration.ofSeconds(1))).isEmpty();
            assertThat(notices()).isEmpty();
        }

        @Test
        void refusedAnnouncesAgainIfSomebodyElseHas() {
            hold();
            takeover.holdAnnouncements();
            takeover.onAddressClaimed(A.address(), STRANGER, now);
            takeover.resumeAnnouncements(now);
            assertThat(timePasses(Duration.ZERO)).containsExactly("announce A", "announce B");
        }

        @Test
        void refusedGoesOnAsBeforeIfNobodyHas() {
            hold();
            takeover.holdAnnouncements();
            takeover.resumeAnnouncements(now);
            assertThat(timePasses(Duration.ofMillis(49))).isEmpty();
            assertThat(timePasses(MILLISECOND)).containsExactly("announce A", "announce B");
        }
    }

    @Nested
    class Defending {

        @Test
        void putsBackWhatSomebodyRemoved() {
            hold();
            takeover.onAddressLost(A, now);
            assertThat(carryOut()).containsExactly("add A", "announce A");
            assertThat(notices()).containsExactly("address-lost");
            assertThat(takeover.held()).containsExactlyInAnyOrder(A, B);
        }

        @Test
        void triesAgainEverySecondWhatCannotBePutBack() {
            hold();
            failing.add("add A");
            takeover.onAddressLost(A, now);
            assertThat(carryOut()).containsExactly("add A fails");
            now = now.plus(Duration.ofMillis(999));
            takeover.onTime(now);
            assertThat(carryOut()).doesNotContain("add A fails");
            assertThat(timePasses(MILLISECOND)).contains("add A fails");
            failing.clear();
            assertThat(timePasses(Duration.ofSeconds(1))).contains("add A", "announce A");
            assertThat(notices()).containsExactly("address-lost", "address-not-restored");
        }

        @Test
        void slowsDownInAFightAndTellsOnceInTenSeconds() {
            hold();
            int added = 0;
            for (int millis = 0; millis < 9_000; millis++) {
                if (takeover.held().contains(A)) {
                    takeover.onAddressLost(A, now);
                }
                added += (int) carryOut().stream().filter("add A"::equals).count();
                added += (int)
                        timePasses(MILLISECOND).stream().filter("add A"::equals).count();
            }
            assertThat(added).isBetween(80, 100);
            assertThat(notices()).containsExactly("address-lost");
        }

        @Test
        void leavesAloneWhatIsNotHeld() {
            takeover.onAddressLost(A, now);
            takeover.onAddressClaimed(A.address(), STRANGER, now);
            takeover.announceAgain(now);
            assertThat(carryOut()).isEmpty();
            assertThat(takeover.nextDeadline()).isEmpty();
            assertThat(notices()).isEmpty();
        }

        @Test
        void answersARivalThatStepsBackEvenAfterItsClaimsHaveUsedUpTheirs() {
            hold();
            timePasses(Duration.ofSeconds(10));
            for (int claims = 0; claims < 10; claims++) {
                takeover.onAddressClaimed(A.address(), STRANGER, now);
                timePasses(Duration.ofMillis(3));
            }
            takeover.onAddressClaimed(A.address(), STRANGER, now);
            assertThat(timePasses(Duration.ofMillis(3))).as("too often").isEmpty();
            takeover.announceAgain(now);
            assertThat(timePasses(Duration.ofMillis(3))).contains("announce A", "announce B");
        }

        @Test
        void answersAClaimAfterAMoment() {
            hold();
            timePasses(Duration.ofSeconds(10));
            takeover.onAddressClaimed(A.address(), STRANGER, now);
            assertThat(carryOut()).isEmpty();
            assertThat(timePasses(Takeover.CONFLICT_PATIENCE)).containsExactly("announce A", "announce B");
            assertThat(timePasses(Duration.ofMillis(50))).containsExactly("announce A", "announce B");
            assertThat(notices()).containsExactly("address-conflict");
        }

        @Test
        void asksAfterEachBurstUntilNobodyAnswers() {
            hold();
            timePasses(Duration.ofSeconds(10));
            takeover.onAddressClaimed(A.address(), STRANGER, now);
            for (int answer = 0; answer < 3; answer++) {
                assertThat(untilItProbes()).isEqualTo(5);
                takeover.onAddressClaimed(A.address(), STRANGER, now);
            }
            assertThat(untilItProbes()).isEqualTo(5);
            assertThat(timePasses(Duration.ofSeconds(59))).isEmpty();
            assertThat(notices()).containsExactly("address-conflict");
            assertThat(takeover.conflictTime()).isBetween(Duration.ofMillis(2_900), Duration.ofMillis(3_100));
        }

        /** How often it announces before it asks whether another host has the address. */
        private int untilItProbes() {
            List<String> deeds = new ArrayList<>();
            for (int millis = 0; millis < 1_100 && !deeds.contains("probe A"); millis++) {
                deeds.addAll(timePasses(MILLISECOND));
            }
            assertThat(deeds).contains("probe A", "probe B");
            return (int) deeds.stream().filter("announce A"::equals).count();
        }

        @Test
        void claimsFarApartAreConflictsOfNoLength() {
            hold();
            for (int i = 0; i < 5; i++) {
                timePasses(Duration.ofSeconds(10));
                takeover.onAddressClaimed(A.address(), STRANGER, now);
            }
            assertThat(takeover.conflictTime()).isZero();
        }

        @Test
        void aProbeThatFailsIsNoMoreThanThat() {
            hold();
            failing.add("probe A");
            timePasses(Duration.ofSeconds(1));
            assertThat(takeover.held()).containsExactlyInAnyOrder(A, B);
            assertThat(notices()).isEmpty();
        }

        @Test
        void claimsOfOneMomentAreOneConflict() {
            hold();
            timePasses(Duration.ofSeconds(10));
            for (int i = 0; i < 10; i++) {
                takeover.onAddressClaimed(A.address(), STRANGER, now);
            }
            assertThat(timePasses(Takeover.CONFLICT_PATIENCE)).containsExactly("announce A", "announce B");
            takeover.onAddressClaimed(A.address(), STRANGER, now);
            assertThat(timePasses(Takeover.CONFLICT_PATIENCE)).containsExactly("announce A", "announce B");
        }

        @Test
        void answersAFloodOfClaimsAtABoundedPace() {
            hold();
            timePasses(Duration.ofSeconds(10));
            int announced = 0;
            for (int millis = 0; millis < 10_000; millis++) {
                takeover.onAddressClaimed(A.address(), STRANGER, now);
                announced += (int) timePasses(MILLISECOND).stream()
                        .filter("announce A"::equals)
                        .count();
            }
            // Three bursts a second, the third of which goes on until the next second.
            assertThat(announced).isBetween(30, 100);
            assertThat(notices()).hasSize(1);
        }

        @Test
        void answersAClaimThatCameWhileItWasAcquiring() {
            takeover.acquire();
            takeover.onAddressClaimed(A.address(), STRANGER, now);
            carryOut();
            assertThat(timePasses(Takeover.CONFLICT_PATIENCE)).containsExactly("announce A", "announce B");
        }

        @Test
        void ignoresClaimsForOtherAddresses() {
            hold();
            takeover.onAddressClaimed(IpAddress.parse("198.18.0.77"), STRANGER, now);
            assertThat(notices()).isEmpty();
        }
    }

    @Nested
    class Leftovers {

        @Test
        void areRemovedAtStart() {
            VirtualAddress otherPrefix = VirtualAddress.parse("198.18.0.200/32");
            VirtualAddress foreign = VirtualAddress.parse("198.18.0.10/24");
            takeover.onStart(List.of(otherPrefix, foreign, B), now);
            assertThat(carryOut()).containsExactly("remove A", "remove B");
            assertThat(notices()).containsExactly("stale-address", "stale-address");
        }

        @Test
        void underAnotherPrefixLengthAreRemovedEvenIfTheAddressIsTakenMeanwhile() {
            VirtualAddress otherPrefix = VirtualAddress.parse("198.18.0.200/32");
            takeover.onStart(List.of(otherPrefix, B), now);
            takeover.acquire();
            assertThat(carryOut()).containsExactly("remove A", "add A", "add B", "announce A", "announce B", "open");
            assertThat(takeover.held()).containsExactlyInAnyOrder(A, B);
        }

        @Test
        void ofAnOwnerAreItsOwnAndStay() {
            takeover = new Takeover(List.of(A, B), new AnnounceConfig(5, Duration.ZERO), true);
            takeover.onStart(List.of(A), now);
            assertThat(carryOut()).isEmpty();
            hold();
            takeover.release();
            assertThat(carryOut()).containsExactly("close", "remove B", "leave A");
            assertThat(takeover.isReleased()).isTrue();
        }

        @Test
        void thatAppearWhileItIsNotActiveAreRemoved() {
            takeover.onAddressAppeared(A, now);
            assertThat(carryOut()).containsExactly("remove A");
            assertThat(notices()).containsExactly("address-intruded");
            takeover.onAddressAppeared(VirtualAddress.parse("198.18.0.77/24"), now);
            assertThat(carryOut()).isEmpty();
        }

        @Test
        void thatAppearWhileItIsActiveAreNone() {
            hold();
            takeover.onAddressAppeared(A, now);
            assertThat(carryOut()).isEmpty();
        }
    }
}
