// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.forward.Admission.Verdict;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Prefix;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class AdmissionTest {

    private static final MonotonicInstant NOW = new MonotonicInstant(0);
    private static final IpAddress ONE = IpAddress.parse("198.18.0.1");
    private static final IpAddress OTHER = IpAddress.parse("198.18.0.2");

    private static LimitsConfig limits(int connections, int perSource, int rate, int ratePerSource) {
        return new LimitsConfig(
                connections, perSource, new Rate(rate), new Rate(ratePerSource), AddressGrouping.DEFAULT);
    }

    private static Admission admission(LimitsConfig limits) {
        return new Admission(limits, AccessConfig.EVERYBODY, NOW);
    }

    @Test
    void withoutLimitsEverybodyIsAdmittedAndNobodyRemembered() {
        Admission admission = admission(LimitsConfig.NONE);
        for (int i = 0; i < 1000; i++) {
            assertThat(admission.admit(new Ipv4Address(i), NOW)).isEqualTo(Verdict.ADMITTED);
        }
        assertThat(admission.active()).isEqualTo(1000);
        assertThat(admission.sources()).isZero();
    }

    @Test
    void aFullServiceTakesTheNextWhenOneHasEnded() {
        Admission admission = admission(limits(2, 0, 0, 0));
        admission.admit(ONE, NOW);
        admission.admit(ONE, NOW);
        assertThat(admission.admit(OTHER, NOW)).isEqualTo(Verdict.SERVICE_FULL);
        admission.ended(ONE, NOW);
        assertThat(admission.admit(OTHER, NOW)).isEqualTo(Verdict.ADMITTED);
    }

    @Test
    void aSourceThatHasEnoughLeavesTheOthersAlone() {
        Admission admission = admission(limits(0, 1, 0, 0));
        assertThat(admission.admit(ONE, NOW)).isEqualTo(Verdict.ADMITTED);
        assertThat(admission.admit(ONE, NOW)).isEqualTo(Verdict.SOURCE_FULL);
        assertThat(admission.admit(OTHER, NOW)).isEqualTo(Verdict.ADMITTED);
        admission.ended(ONE, NOW);
        assertThat(admission.admit(ONE, NOW)).isEqualTo(Verdict.ADMITTED);
    }

    @Test
    void ipv6HostsOfOneNetworkAreOneSource() {
        Admission admission = admission(limits(0, 1, 0, 0));
        assertThat(admission.admit(IpAddress.parse("2001:db8::1"), NOW)).isEqualTo(Verdict.ADMITTED);
        assertThat(admission.admit(IpAddress.parse("2001:db8::2"), NOW)).isEqualTo(Verdict.SOURCE_FULL);
        assertThat(admission.admit(IpAddress.parse("2001:db8:0:1::2"), NOW)).isEqualTo(Verdict.ADMITTED);
    }

    @Test
    void aSourceThatIsTooFastStaysSoAfterItsConnectionsHaveEnded() {
        Admission admission = admission(limits(0, 0, 0, 2));
        for (int i = 0; i < 2; i++) {
            assertThat(admission.admit(ONE, NOW)).isEqualTo(Verdict.ADMITTED);
            admission.ended(ONE, NOW);
        }
        assertThat(admission.admit(ONE, NOW)).isEqualTo(Verdict.SOURCE_TOO_FAST);
        assertThat(admission.admit(OTHER, NOW)).isEqualTo(Verdict.ADMITTED);
        assertThat(admission.admit(ONE, NOW.plus(Duration.ofMillis(500)))).isEqualTo(Verdict.ADMITTED);
    }

    @Test
    void theRateOfAllHoldsForAll() {
        Admission admission = admission(limits(0, 5, 1, 0));
        assertThat(admission.admit(ONE, NOW)).isEqualTo(Verdict.ADMITTED);
        assertThat(admission.admit(OTHER, NOW)).isEqualTo(Verdict.SERVICE_TOO_FAST);
        assertThat(admission.active()).isEqualTo(1);
        assertThat(admission.sources()).as("who was refused counts nowhere").isEqualTo(1);
    }

    @Test
    void whoIsDeniedCountsForNothing() {
        Admission admission = new Admission(
                limits(1, 1, 1, 1), new AccessConfig(List.of(), List.of(Prefix.parse("198.18.0.1"))), NOW);
        assertThat(admission.admit(ONE, NOW)).isEqualTo(Verdict.DENIED);
        assertThat(admission.admit(OTHER, NOW)).isEqualTo(Verdict.ADMITTED);
    }

    @Test
    void aFloodOfSourcesIsForgottenFromItsOldEnd() {
        Admission admission = admission(limits(0, 0, 0, 1));
        for (int i = 0; i < Admission.MOST_SOURCES + 10; i++) {
            admission.admit(new Ipv4Address(i), NOW);
            admission.ended(new Ipv4Address(i), NOW);
        }
        assertThat(admission.sources()).isEqualTo(Admission.MOST_SOURCES);
        assertThat(admission.admit(new Ipv4Address(0), NOW)).isEqualTo(Verdict.ADMITTED);
        assertThat(admission.admit(new Ipv4Address(Admission.MOST_SOURCES), NOW))
                .isEqualTo(Verdict.SOURCE_TOO_FAST);
    }

    @Test
    void otherLimitsHoldForThoseThatComeAndLeaveThoseThatAreIn() {
        Admission admission = admission(LimitsConfig.NONE);
        admission.admit(ONE, NOW);
        admission.admit(ONE, NOW);
        admission.configure(limits(2, 1, 0, 0), AccessConfig.EVERYBODY);
        assertThat(admission.admit(OTHER, NOW)).isEqualTo(Verdict.SERVICE_FULL);
        admission.ended(ONE, NOW);
        admission.ended(ONE, NOW);
        assertThat(admission.active()).isZero();
    }

    @Test
    @Tag("property")
    void countsAreThoseOfTheConnectionsThatAreInWhateverHappens() {
        for (long seed = 1; seed <= 100; seed++) {
            Random random = new Random(seed);
            int most = 1 + random.nextInt(20);
            int mostPerSource = 1 + random.nextInt(5);
            Admission admission = admission(limits(most, mostPerSource, random.nextInt(50), random.nextInt(20)));
            List<IpAddress> in = new ArrayList<>();
            Map<IpAddress, Integer> perSource = new HashMap<>();
            MonotonicInstant now = NOW;
            for (int i = 0; i < 500; i++) {
                now = now.plusNanos(random.nextInt(50_000_000));
                if (!in.isEmpty() && random.nextInt(3) == 0) {
                    IpAddress leaving = in.remove(/* index */ random.nextInt(in.size()));
                    perSource.merge(leaving, -1, Integer::sum);
                    admission.ended(leaving, now);
                } else {
                    IpAddress client = new Ipv4Address(random.nextInt(8));
                    Verdict verdict = admission.admit(client, now);
                    if (verdict == Verdict.ADMITTED) {
                        in.add(client);
                        perSource.merge(client, 1, Integer::sum);
                    } else if (verdict == Verdict.SOURCE_FULL) {
                        assertThat(perSource.get(client)).as("seed %d", seed).isEqualTo(mostPerSource);
                    }
                }
                assertThat(admission.active())
                        .as("seed %d", seed)
                        .isEqualTo(in.size())
                        .isLessThanOrEqualTo(most);
                assertThat(perSource.values()).as("seed %d", seed).allMatch(count -> count <= mostPerSource);
            }
            for (IpAddress client : in) {
                admission.ended(client, now);
            }
            assertThat(admission.active()).as("seed %d", seed).isZero();
        }
    }
}
