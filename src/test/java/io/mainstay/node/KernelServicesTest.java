// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.config.ConfigFile;
import io.mainstay.config.ConfigResult;
import io.mainstay.config.HostFacts;
import io.mainstay.net.IpAddress;
import org.junit.jupiter.api.Test;

class KernelServicesTest {

    @Test
    void theEngineLearnsTheAddressesOfThisHost() {
        HostFacts host = new HostFacts("lb1", HostFacts.DEFAULT_RUN_DIRECTORY, address -> true, program -> "");
        ConfigResult result = ConfigFile.parse("control: {}", "test", host);
        assertThat(result).isInstanceOf(ConfigResult.Valid.class);
        assertThat(KernelServices.settings(((ConfigResult.Valid) result).config())
                        .ownAddresses()
                        .get())
                .contains(IpAddress.parse("127.0.0.1"));
    }
}
