// SPDX-License-Identifier: Apache-2.0
package io.mainstay.takeover;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.net.VirtualAddress;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Gaining the addresses and giving them up. */
class TakeoverTest extends TakeoverBench {

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
}
