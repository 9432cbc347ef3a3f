// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.forward.OffloadedFlows;
import io.mainstay.kernel.FlowProgram;
import org.junit.jupiter.api.Test;

class LiveSlotTest {

    private final LiveSlot slot = new LiveSlot(0, Samples.key("web1"), 8080, 1, FlowProgram.State.READY, 0);

    @Test
    void whatASlotHadBeforeTheDaemonIsNotCounted() {
        slot.setTraffic(new FlowProgram.Traffic(1, 100, 2, 200, 7, 8));
        assertThat(slot.report()).isEqualTo(new OffloadedFlows(0, 0, 0, 0, 0, 0, 0, -1));
        slot.setTraffic(new FlowProgram.Traffic(4, 550, 7, 1200, 9, 18));
        assertThat(slot.report()).isEqualTo(new OffloadedFlows(0, 0, 10, 3, 450, 5, 1000, -1));
    }
}
