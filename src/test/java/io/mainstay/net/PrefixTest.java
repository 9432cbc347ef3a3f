// SPDX-License-Identifier: Apache-2.0
package io.mainstay.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PrefixTest {

    @ParameterizedTest
    @ValueSource(strings = {"203.0.113.0/24", "0.0.0.0/0", "198.18.0.1/32", "2001:db8::/32", "::/0", "2001:db8::1/128"})
    void readsBackWhatItWrites(String text) {
        assertThat(Prefix.parse(text)).hasToString(text);
    }

    @Test
    void aSingleAddressIsAPrefixOfItsOwn() {
        assertThat(Prefix.parse("198.18.0.1")).hasToString("198.18.0.1/32");
        assertThat(Prefix.parse("2001:db8::1")).hasToString("2001:db8::1/128");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "203.0.113.1/24",
                "10.0.0.0/33",
                "10.0.0.0/",
                "10.0.0.0/08",
                "10.0.0.0/-1",
                "2001:db8::1/64",
                "::/129",
                "host/8",
                "",
                "10.0.0.0/8/8",
                "2001:db8:0:0:8000::/64"
            })
    void anythingElseIsRefused(String text) {
        assertThatThrownBy(() -> Prefix.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void containsItsAddressesAndNoneOfTheOtherFamily() {
        Prefix prefix = Prefix.parse("203.0.112.0/23");
        assertThat(prefix.contains(IpAddress.parse("203.0.113.255"))).isTrue();
        assertThat(prefix.contains(IpAddress.parse("203.0.114.0"))).isFalse();
        assertThat(Prefix.parse("::/0").contains(IpAddress.parse("203.0.113.1")))
                .isFalse();
        assertThat(Prefix.parse("2001:db8:0:1:8000::/65").contains(IpAddress.parse("2001:db8:0:1:8000::7")))
                .isTrue();
        assertThat(Prefix.parse("2001:db8:0:1:8000::/65").contains(IpAddress.parse("2001:db8:0:1::7")))
                .isFalse();
    }
}
