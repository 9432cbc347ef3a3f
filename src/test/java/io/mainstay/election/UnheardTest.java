// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.election.wire.ChecksumForm;
import io.mainstay.net.IpAddress;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** An Active that is not heard by another one. */
class UnheardTest extends VirtualRouterBench {

    private void serve() {
        router.onLinkUp(OURS, now);
        timePasses(ACTIVE_DOWN);
        assertThat(router.isActive()).isTrue();
        router.onAddressesHeld(now);
        advertise();
    }

    private void advertise() {
        router.onAdvertisementSent(now);
    }

    /** One interval in which both advertise. */
    private void contend(int priority, List<IpAddress> addresses) {
        timePasses(SECOND);
        advertise();
        hear(priority, PEER, SECOND, addresses, ChecksumForm.PSEUDO_HEADER);
        advertise();
    }

    private static boolean tellsOfIt(VirtualRouter router) {
        ElectionNotice notice;
        while ((notice = router.pollNotice()) != null) {
            if (notice instanceof ElectionNotice.Unheard) {
                return true;
            }
        }
        return false;
    }

    @Test
    void itGivesWayToOneThatGoesOnAndLetsItBe() {
        serve();
        int rounds = 0;
        while (router.isActive() && rounds++ < 30) {
            contend(90, ADDRESSES);
        }
        // Three active-down intervals of 3.6 s, and one more advertisement that answers the offer.
        assertThat(rounds).isEqualTo(13);
        assertThat(tellsOfIt(router)).isTrue();
        assertThat(router.isPreemptionSuspended()).isTrue();
        for (int i = 0; i < 60; i++) {
            timePasses(SECOND);
            hear(90, PEER);
        }
        assertThat(router.isActive()).isFalse();
        timePasses(ACTIVE_DOWN);
        assertThat(router.isActive()).isTrue();
    }

    @Test
    void aContentionThatEndsIsForgotten() {
        serve();
        for (int i = 0; i < 10; i++) {
            for (int round = 0; round < 8; round++) {
                contend(90, ADDRESSES);
            }
            for (int quiet = 0; quiet < 4; quiet++) {
                timePasses(SECOND);
                advertise();
            }
        }
        assertThat(router.isActive()).isTrue();
        assertThat(tellsOfIt(router)).isFalse();
    }

    @Test
    void aStrangerWithOtherAddressesIsNoReason() {
        serve();
        for (int i = 0; i < 40; i++) {
            contend(90, List.of(IpAddress.parse("198.18.0.99")));
        }
        assertThat(router.isActive()).isTrue();
        assertThat(tellsOfIt(router)).isFalse();
    }

    @Test
    void anOwnerNeverGivesWay() {
        router = router(255, true, Duration.ZERO, ProtocolConfig.DEFAULT);
        router.onLinkUp(OURS, now);
        router.onAddressesHeld(now);
        for (int i = 0; i < 40; i++) {
            contend(90, ADDRESSES);
        }
        assertThat(router.isActive()).isTrue();
    }
}
