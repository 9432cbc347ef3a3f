// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.time.MonotonicInstant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FormerActivesTest {

    private static final IpAddress LB1 = IpAddress.parse("198.18.0.1");
    private static final InterfaceName ETH0 = new InterfaceName("eth0");

    private final FakeFlowProgram program = new FakeFlowProgram();
    private final List<String> problems = new ArrayList<>();
    private final FormerActives formers = new FormerActives(problems::add);

    private void open(IpAddress gateway) {
        formers.open(Samples.VIP, ETH0, gateway, new MonotonicInstant(0), 1);
    }

    @Test
    void theDataPathKnowsTheFormerActiveUntilThisNodeIsNoMore() throws Exception {
        open(LB1);
        formers.connect(program);
        open(LB1);
        open(LB1);
        assertThat(program.formers).isEqualTo(Map.of(Samples.VIP, LB1));
        formers.close(Samples.VIP);
        formers.close(Samples.VIP);
        assertThat(program.formers).isEmpty();
        assertThat(problems).isEmpty();
    }

    @Test
    void whatAnEarlierDaemonKnewIsForgotten() throws Exception {
        program.formers.put(Samples.VIP, LB1);
        formers.connect(program);
        assertThat(program.formers).isEmpty();
    }
}
