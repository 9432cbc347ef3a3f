// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mainstay.net.IpAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AddressGroupingTest {

    @ParameterizedTest
    @CsvSource({
        "32, 128, 198.18.7.9, 198.18.7.9",
        "24, 128, 198.18.7.9, 198.18.7.0/24",
        "31, 128, 198.18.7.9, 198.18.7.8/31",
        "1, 128, 198.18.7.9, 128.0.0.0/1",
        "0, 128, 198.18.7.9, 0.0.0.0/0",
        "32, 128, 2001:db8:1:2:3:4:5:6, 2001:db8:1:2:3:4:5:6",
        "32, 64, 2001:db8:1:2:3:4:5:6, 2001:db8:1:2::/64",
        "32, 65, 2001:db8:1:2:ffff::, 2001:db8:1:2:8000::/65",
        "32, 48, 2001:db8:1:2:3:4:5:6, 2001:db8:1::/48",
        "32, 1, ffff::, 8000::/1",
        "32, 0, ffff::1, ::/0"
    })
    void aGroupIsWhatBeginsWithTheSameBits(int ipv4, int ipv6, String client, String group) {
        AddressGrouping grouping = new AddressGrouping(ipv4, ipv6);
        assertThat(grouping.shown(grouping.groupOf(IpAddress.parse(client)))).isEqualTo(group);
    }

    @Test
    void lengthsThatDoNotExistAreRefused() {
        assertThatThrownBy(() -> new AddressGrouping(33, 64)).hasMessage("IPv4 prefix length: 33 (expected: 0..32)");
        assertThatThrownBy(() -> new AddressGrouping(32, -1)).hasMessage("IPv6 prefix length: -1 (expected: 0..128)");
    }
}
