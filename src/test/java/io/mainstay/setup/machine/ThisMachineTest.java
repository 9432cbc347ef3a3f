// SPDX-License-Identifier: Apache-2.0
package io.mainstay.setup.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.net.InterfaceName;
import java.util.List;
import org.junit.jupiter.api.Test;

class ThisMachineTest {

    private static final String HEAD =
            "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT";

    @Test
    void theDefaultRouteIsTheOneToEverywhere() {
        assertThat(ThisMachine.towardsDefaultRoute(List.of(
                        HEAD,
                        "eth1\t0000640A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0",
                        "eth0\t00000000\t0100640A\t0003\t0\t0\t0\t00000000\t0\t0\t0")))
                .contains(new InterfaceName("eth0"));
        assertThat(ThisMachine.towardsDefaultRoute(List.of(HEAD))).isEmpty();
        assertThat(ThisMachine.towardsDefaultRoute(List.of("", "eth0"))).isEmpty();
    }
}
