// SPDX-License-Identifier: Apache-2.0
package io.mainstay.track.watch;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.track.Pace;
import io.mainstay.track.TrackerConfig;
import java.util.List;
import org.junit.jupiter.api.Test;

class NeighbourLookTest extends TrackBench {

    private static TrackerConfig.NeighbourTracker uplink(int failures) {
        return new TrackerConfig.NeighbourTracker(
                "uplink",
                new InterfaceName("eth1"),
                List.of(IpAddress.parse("10.0.0.1"), IpAddress.parse("10.0.0.2")),
                new Pace(SECOND, failures, 1),
                fault());
    }

    @Test
    void oneAnswerIsEnoughAndCountsAtOnce() {
        plug("eth1", true, true);
        TrackDriver driver = driver(web(uplink(2)));
        driver.runOnce();
        assertThat(probes).containsExactly("eth1 10.0.0.1", "eth1 10.0.0.2");
        assertThat(takeTold()).isEmpty();
        answer("10.0.0.9");
        driver.runOnce();
        assertThat(takeTold()).isEmpty();
        answer("10.0.0.2");
        driver.runOnce();
        assertThat(takeTold()).containsExactly("web UP neighbours uplink: 10.0.0.2 answers", "web 200");
    }

    @Test
    void silenceCountsLookByLook() {
        plug("eth1", true, true);
        TrackDriver driver = driver(web(uplink(2)));
        driver.runOnce();
        answer("10.0.0.1");
        driver.runOnce();
        takeTold();
        // The answer to the first question; then two without one.
        advance(SECOND);
        driver.runOnce();
        advance(SECOND);
        driver.runOnce();
        assertThat(takeTold()).isEmpty();
        advance(SECOND);
        driver.runOnce();
        assertThat(takeTold())
                .containsExactly(
                        "web DOWN neighbours uplink: none of [10.0.0.1, 10.0.0.2] answers",
                        "web 200 fault neighbours uplink: none of [10.0.0.1, 10.0.0.2] answers");
        answer("10.0.0.1");
        driver.runOnce();
        assertThat(takeTold()).containsExactly("web UP neighbours uplink: 10.0.0.1 answers", "web 200");
    }

    @Test
    void withoutItsInterfaceNobodyAnswers() {
        TrackDriver driver = driver(web(uplink(1)));
        driver.runOnce();
        assertThat(takeTold())
                .containsExactly(
                        "web DOWN neighbours uplink: interface eth1 cannot be used",
                        "web 200 fault neighbours uplink: interface eth1 cannot be used");
        plug("eth1", true, true);
        advance(SECOND);
        driver.runOnce();
        assertThat(opened).containsExactly("eth1 [IPv4]");
        answer("10.0.0.1");
        driver.runOnce();
        assertThat(takeTold()).containsExactly("web UP neighbours uplink: 10.0.0.1 answers", "web 200");
        driver.configure(List.of());
        driver.runOnce();
        assertThat(opened).isEmpty();
    }
}
