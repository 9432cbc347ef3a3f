// SPDX-License-Identifier: Apache-2.0
package io.mainstay.takeover;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.net.IpAddress;
import io.mainstay.net.VirtualAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What others do to the addresses: those that are held are defended, those that are not are taken off. */
class HeldAddressesTest extends TakeoverBench {

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
        void putsManyBackAtOnceThatWereRemovedAtOnce() {
            List<VirtualAddress> many = IntStream.rangeClosed(1, 200)
                    .mapToObj(number -> VirtualAddress.parse("198.18.1." + number + "/32"))
                    .toList();
            takeover = new Takeover(many, new AnnounceConfig(5, Duration.ofSeconds(60)), false);
            hold();
            many.forEach(address -> takeover.onAddressLost(address, now));
            carryOut();
            assertThat(takeover.held()).containsExactlyInAnyOrderElementsOf(many);
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

        @ParameterizedTest
        @ValueSource(ints = {1, 2, 3, 5})
        void goesOnForAsLongAsTheOtherInsistsHoweverShortABurstIs(int repeat) {
            takeover = new Takeover(List.of(A, B), new AnnounceConfig(repeat, Duration.ZERO), false);
            hold();
            timePasses(Duration.ofSeconds(10));
            takeover.onAddressClaimed(A.address(), STRANGER, now);
            int announced = 0;
            for (int second = 0; second < 20; second++) {
                int before = announced;
                for (int millis = 0; millis < 1_000; millis++) {
                    List<String> deeds = timePasses(MILLISECOND);
                    announced +=
                            (int) deeds.stream().filter("announce A"::equals).count();
                    if (deeds.contains("probe A")) {
                        takeover.onAddressClaimed(A.address(), STRANGER, now);
                    }
                }
                assertThat(announced - before).as("in second %d", second).isBetween(1, 3 * repeat + 1);
            }
            assertThat(takeover.conflictTime()).isGreaterThan(Duration.ofSeconds(18));
            timePasses(Duration.ofSeconds(1));
            timePasses(Duration.ofSeconds(5));
            assertThat(takeover.nextDeadline()).as("the other has given up").isEmpty();
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

        @Test
        void underAnotherPrefixLengthAreRemovedWhileItIsActiveToo() {
            VirtualAddress otherPrefix = VirtualAddress.parse("198.18.0.200/32");
            hold();
            takeover.onAddressAppeared(otherPrefix, now);
            assertThat(takeover.pollAction()).isEqualTo(new TakeoverAction.RemoveAddress(otherPrefix));
            takeover.onDone(new TakeoverAction.RemoveAddress(otherPrefix), now);
            assertThat(carryOut()).isEmpty();
            assertThat(takeover.held()).containsExactlyInAnyOrder(A, B);
            assertThat(notices()).containsExactly("address-intruded");
        }

        @Test
        void underAnotherPrefixLengthAreRemovedEvenIfItStepsBackBeforeThat() {
            VirtualAddress otherPrefix = VirtualAddress.parse("198.18.0.200/32");
            hold();
            takeover.onAddressAppeared(otherPrefix, now);
            takeover.release();
            assertThat(carryOut()).containsExactly("remove A", "close", "remove B", "remove A");
            takeover.acquire();
            takeover.onAddressAppeared(otherPrefix, now);
            takeover.releaseToSuccessor(now);
            takeover.onAddressAppeared(VirtualAddress.parse("198.18.0.201/31"), now);
            assertThat(carryOut()).containsExactly("remove A", "remove B");
        }

        @Test
        void ofAnOwnerThatIsActiveAreItsHosts() {
            takeover = new Takeover(List.of(A, B), new AnnounceConfig(5, Duration.ZERO), true);
            hold();
            takeover.onAddressAppeared(VirtualAddress.parse("198.18.0.200/32"), now);
            assertThat(carryOut()).isEmpty();
        }

        @Test
        void thatComeBackAsFastAsTheyAreRemovedAreFoughtAtABoundedPace() {
            VirtualAddress otherPrefix = VirtualAddress.parse("198.18.0.200/32");
            hold();
            timePasses(Duration.ofSeconds(2));
            int removed = 0;
            for (int millis = 0; millis < 9_000; millis++) {
                takeover.onAddressAppeared(otherPrefix, now);
                removed += (int) carryOut().stream().filter("remove A"::equals).count();
                removed += (int) timePasses(MILLISECOND).stream()
                        .filter("remove A"::equals)
                        .count();
            }
            assertThat(removed).isBetween(80, 100);
            assertThat(notices()).containsExactly("address-intruded");
        }
    }
}
