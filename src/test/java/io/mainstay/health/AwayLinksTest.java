// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.net.InterfaceName;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AwayLinksTest {

    private static final InterfaceName ETH0 = new InterfaceName("eth0");
    private static final InterfaceName ETH1 = new InterfaceName("eth1");

    private final AwayLinks links = new AwayLinks();
    private final MonotonicInstant start = new MonotonicInstant(Long.MAX_VALUE - 7);

    private MonotonicInstant at(long seconds) {
        return start.plus(Duration.ofSeconds(seconds));
    }

    @Test
    void withAllLinksUpNothingIsExcused() {
        assertThat(links.mayExcuse(at(0))).isFalse();
        assertThat(links.excuses(Optional.of(ETH0), at(0))).isFalse();
        assertThat(links.excuses(Optional.empty(), at(0)))
                .as("no way to the backend although every link is up")
                .isFalse();
    }

    @Test
    void whatFailsThroughALinkThatIsDownIsExcused() {
        assertThat(links.update(Set.of(ETH0), at(10))).isFalse();
        assertThat(links.excuses(Optional.of(ETH0), at(9))).isTrue();
        assertThat(links.excuses(Optional.empty(), at(9))).isTrue();
        assertThat(links.excuses(Optional.of(ETH1), at(9))).isFalse();
    }

    @Test
    void aLinkThatIsBackHasAMomentToSettle() {
        links.update(Set.of(ETH0, ETH1), at(10));
        assertThat(links.update(Set.of(ETH1), at(20))).isTrue();
        assertThat(links.update(Set.of(), at(21))).isTrue();
        assertThat(links.update(Set.of(), at(22))).isFalse();
        assertThat(links.excuses(Optional.of(ETH0), at(19))).isTrue();
        assertThat(links.excuses(Optional.of(ETH0), at(22))).isTrue();
        assertThat(links.excuses(Optional.of(ETH0), at(23))).isFalse();
        assertThat(links.excuses(Optional.of(ETH1), at(23))).isTrue();
        assertThat(links.excuses(Optional.empty(), at(23))).isTrue();
        assertThat(links.mayExcuse(at(24))).isFalse();
        assertThat(links.excuses(Optional.empty(), at(24))).isFalse();
    }
}
