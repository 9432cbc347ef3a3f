// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import static io.mainstay.election.ElectionAction.ANNOUNCE_ADDRESSES;
import static io.mainstay.election.ElectionAction.RELEASE_ADDRESSES_TO_SUCCESSOR;
import static io.mainstay.election.ElectionAction.SEND_ADVERTISEMENT;
import static io.mainstay.election.ElectionAction.SEND_RESIGNATION;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** An Active that another one does not hear. */
class UnheardTest extends VirtualRouterBench {

    /** A peer of lower priority goes on as Active for so many intervals, as long as this node is Active too. */
    private List<ElectionAction> contend(int intervals) {
        List<ElectionAction> last = new ArrayList<>();
        for (int i = 0; i < intervals && router.isActive(); i++) {
            timePasses(Duration.ofMillis(900));
            actions();
            after(Duration.ofMillis(100));
            hear(90, PEER);
            last = actions();
        }
        return last;
    }

    @Test
    void givesWayAfterThreeActiveDownIntervals() {
        becomeActive();
        // The eleventh advertisement comes 10 s after the first: less than three times 3.6 s.
        assertThat(contend(11)).containsExactly(SEND_ADVERTISEMENT, ANNOUNCE_ADDRESSES);
        assertThat(router.isActive()).isTrue();
        assertThat(contend(1)).containsExactly(SEND_RESIGNATION, RELEASE_ADDRESSES_TO_SUCCESSOR);
        assertThat(router.isActive()).isFalse();
        assertThat(reasons()).containsExactly("unheard");
        assertThat(router.activeAddress()).contains(PEER);
    }

    @Test
    void letsTheOtherOneBeUntilItIsGone() {
        becomeActive();
        contend(12);
        assertThat(router.isPreemptionSuspended()).isTrue();
        reasons();
        for (int i = 0; i < 60; i++) {
            timePasses(SECOND);
            hear(90, PEER);
        }
        assertThat(router.isActive()).isFalse();
        timePasses(ACTIVE_DOWN);
        assertThat(reasons()).containsExactly("active-down-timer");
    }

    @Test
    void forgetsAContentionThatEnded() {
        becomeActive();
        for (int i = 0; i < 5; i++) {
            contend(11);
            serve(4);
        }
        assertThat(reasons()).isEmpty();
        assertThat(router.isActive()).isTrue();
    }

    @Test
    void anOwnerNeverGivesWay() {
        router = router(255, true, Duration.ZERO, ProtocolConfig.DEFAULT);
        linkUp(OURS);
        actions();
        router.onAddressesHeld(now);
        contend(40);
        assertThat(router.isActive()).isTrue();
    }
}
