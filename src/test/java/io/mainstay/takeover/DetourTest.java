// SPDX-License-Identifier: Apache-2.0
package io.mainstay.takeover;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.net.IpAddress;
import io.mainstay.net.IpFamily;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DetourTest {

    private static final IpAddress FORMER = IpAddress.parse("198.18.0.1");
    private static final Map<IpFamily, IpAddress> GATEWAYS = Map.of(IpFamily.IPV4, FORMER);

    private final Detour detour = new Detour();
    private final MonotonicInstant now = new MonotonicInstant(7_000_000_000L);

    @Test
    void itBeginsForAMomentAndForFewPackets() {
        assertThat(detour.begin(GATEWAYS, now))
                .isEqualTo(new Detour.Order(GATEWAYS, now.plus(Detour.FIRST), Detour.FIRST_CREDIT));
    }

    @Test
    void whoeverSaysThatConnectionsLiveOnProlongsIt() {
        detour.begin(GATEWAYS, now);
        MonotonicInstant told = now.plus(Duration.ofMillis(200));
        assertThat(detour.isTo(FORMER, told)).isTrue();
        assertThat(detour.onNotice(told))
                .isEqualTo(new Detour.Order(GATEWAYS, told.plus(Detour.AFTER_NOTICE), Detour.CREDIT_AFTER_NOTICE));
        assertThat(detour.isTo(FORMER, told.plus(Duration.ofSeconds(1)))).isTrue();
    }

    @Test
    void twoNoticesMayBeLost() {
        assertThat(Detour.AFTER_NOTICE).isGreaterThan(ConnectionDrain.NOTICE_PAUSE.multipliedBy(2));
    }

    @Test
    void onceItHasEndedItStaysSo() {
        detour.begin(GATEWAYS, now);
        MonotonicInstant late = now.plus(Detour.FIRST);
        assertThat(detour.isTo(FORMER, late)).isFalse();
        assertThat(detour.onNotice(late)).isNull();
    }

    @Test
    void nobodyElseHasASay() {
        detour.begin(GATEWAYS, now);
        assertThat(detour.isTo(IpAddress.parse("198.18.0.3"), now)).isFalse();
        assertThat(detour.end()).isTrue();
        assertThat(detour.isTo(FORMER, now)).isFalse();
        assertThat(detour.end()).isFalse();
    }
}
