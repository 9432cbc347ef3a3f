// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.config.ConfigFile;
import io.mainstay.config.ConfigResult;
import io.mainstay.config.HostFacts;
import io.mainstay.forward.kernel.KernelSettings;
import io.mainstay.net.IpAddress;
import io.mainstay.net.MacAddress;
import io.mainstay.net.VirtualRouterId;
import org.junit.jupiter.api.Test;

class KernelServicesTest {

    private static KernelSettings settings(String configuration) {
        HostFacts host = new HostFacts("lb1", HostFacts.DEFAULT_RUN_DIRECTORY, address -> true, program -> "");
        ConfigResult result = ConfigFile.parse(configuration, "test", host);
        assertThat(result).isInstanceOf(ConfigResult.Valid.class);
        return KernelServices.settings(((ConfigResult.Valid) result).config());
    }

    @Test
    void theEngineLearnsTheAddressesOfThisHost() {
        assertThat(settings("control: {}").ownAddresses().get()).contains(IpAddress.parse("127.0.0.1"));
    }

    @Test
    void theEngineLearnsTheMacAddressesOfVirtualRoutersThatHaveSome() {
        KernelSettings settings = settings("""
                virtual_routers:
                  - {name: a, interface: lo, vrid: 51, virtual_mac: true, addresses: [198.18.0.100/24, 198.18.0.101/24]}
                  - {name: b, interface: lo, vrid: 52, virtual_mac: true, addresses: ["fe80::1/64", "2001:db8::1/64"]}
                  - {name: c, interface: lo, vrid: 53, addresses: [198.18.0.102/24]}
                """);
        assertThat(settings.virtualMacs())
                .containsExactlyInAnyOrder(
                        MacAddress.ofVirtualRouterIpv4(new VirtualRouterId(51)),
                        MacAddress.ofVirtualRouterIpv6(new VirtualRouterId(52)));
    }
}
