// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class UdpClientTest {

    @Test
    void anIpv4AddressIsToldFromAnIpv6OneThatLooksLikeIt() {
        assertThat(new UdpClient(0, 0xFFFF_C612_0001L, 53, 0, 0, 0).isIpv6()).isFalse();
        assertThat(new UdpClient(0, 0xFFFE_C612_0001L, 53, 0, 0, 0).isIpv6()).isTrue();
        assertThat(new UdpClient(0x2001_0DB8L << 32, 1, 53, 0, 0, 0).isIpv6()).isTrue();
        assertThat(new UdpClient(0, 1, 53, 0, 0, 0).endpoint().toString()).isEqualTo("[::1]:53");
        assertThat(new UdpClient(0, 0xFFFF_C612_0001L, 53, 0, 0, 0).endpoint().toString())
                .isEqualTo("198.18.0.1:53");
    }
}
