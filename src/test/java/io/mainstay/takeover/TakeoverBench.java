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
import java.util.Set;

/** A takeover of two addresses, and words for what it does. */
abstract class TakeoverBench {

    static final VirtualAddress A = VirtualAddress.parse("198.18.0.200/24");
    static final VirtualAddress B = VirtualAddress.parse("198.18.0.201/24");
    static final MacAddress STRANGER = new MacAddress(0x02_00_00_00_00_99L);
    static final Duration MILLISECOND = Duration.ofMillis(1);

    Takeover takeover = new Takeover(List.of(A, B), new AnnounceConfig(5, Duration.ofSeconds(60)), false);
    MonotonicInstant now = new MonotonicInstant(0);
    final Set<String> failing = new HashSet<>();

    /** Carries everything out and says in words what it was. */
    List<String> carryOut() {
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

    static String word(TakeoverAction action) {
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

    static String last(IpAddress address) {
        return address.equals(A.address()) ? "A" : address.equals(B.address()) ? "B" : address.toString();
    }

    List<String> notices() {
        List<String> labels = new ArrayList<>();
        TakeoverNotice notice;
        while ((notice = takeover.pollNotice()) != null) {
            assertThat(notice.sentence()).isNotBlank().doesNotEndWith(".");
            labels.add(notice.label());
        }
        return labels;
    }

    List<String> timePasses(Duration duration) {
        now = now.plus(duration);
        takeover.onTime(now);
        return carryOut();
    }

    void hold() {
        takeover.acquire();
        carryOut();
        assertThat(takeover.pollOutcome()).isEqualTo(new TakeoverOutcome.AddressesHeld());
    }
}
