// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import static io.mainstay.election.ElectionAction.ACQUIRE_ADDRESSES;
import static io.mainstay.election.ElectionAction.SEND_ADVERTISEMENT;
import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.election.wire.Advertisement;
import io.mainstay.election.wire.VrrpVersion;
import io.mainstay.net.IpFamily;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualRouterId;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What holds of a virtual router in every state. */
class VirtualRouterTest extends VirtualRouterBench {

    @Test
    void earlyAndExtraWakeUpsChangeNothing() {
        linkUp(OURS);
        ElectionState before = router.state();
        timePasses(ACTIVE_DOWN.minusNanos(1));
        router.onTime(now);
        assertThat(router.state()).isEqualTo(before);
        timePasses(Duration.ofNanos(1));
        ElectionState active = router.state();
        router.onTime(now);
        assertThat(router.state()).isEqualTo(active);
        assertThat(actions()).containsExactly(SEND_ADVERTISEMENT, ACQUIRE_ADDRESSES);
    }

    @Test
    void activeAdvertisesOnceInEachInterval() {
        becomeActive();
        serve(5);
        assertThat(router.nextDeadline()).contains(now.plus(SECOND));
    }

    @Test
    void theSilenceOfTheActiveIsTold() {
        linkUp(OURS);
        hear(200, PEER);
        timePasses(ACTIVE_DOWN);
        TransitionCause cause = changes().getLast().cause();
        assertThat(cause.reason()).isEqualTo(TransitionReason.ACTIVE_DOWN_TIMER);
        assertThat(cause.silence()).contains(ACTIVE_DOWN);
        assertThat(cause.peer()).contains(new PeerRouter(PEER, new Priority(200)));
    }

    @Test
    void itAdvertisesItsAddressesPriorityAndInterval() {
        Advertisement advertisement = router.advertisement(IpFamily.IPV4);
        assertThat(advertisement.vrid()).isEqualTo(new VirtualRouterId(51));
        assertThat(advertisement.priority()).isEqualTo(new Priority(100));
        assertThat(advertisement.interval()).isEqualTo(SECOND);
        assertThat(advertisement.addresses()).isEqualTo(ADDRESSES);
        assertThat(advertisement.version()).isEqualTo(VrrpVersion.V3);
    }
}
