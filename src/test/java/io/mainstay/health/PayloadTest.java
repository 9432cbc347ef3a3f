// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class PayloadTest {

    private static boolean found(String wanted, String text) {
        byte[] octets = text.getBytes(StandardCharsets.UTF_8);
        return new Payload(wanted).isWithin(octets, octets.length);
    }

    @Test
    void aTextStandsForItsUtf8AndHexForItsOctets() {
        assertThat(new Payload("ü\r\n").octets()).containsExactly(0xC3, 0xBC, '\r', '\n');
        assertThat(new Payload("hex:00 fF7f").octets()).containsExactly(0, 0xFF, 0x7F);
        assertThat(new Payload("").isNone()).isTrue();
    }

    @Test
    void hexThatIsNoneIsRefused() {
        assertThatThrownBy(() -> new Payload("hex:0")).hasMessage("octets: hex:0 (expected: hex: and pairs of digits)");
        assertThatThrownBy(() -> new Payload("hex:xy")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void octetsAreFoundWhereverTheyStand() {
        assertThat(found("PONG", "PONG")).isTrue();
        assertThat(found("PONG", "xPOPONGx")).isTrue();
        assertThat(found("PONG", "PON")).isFalse();
        assertThat(found("PONG", "pong")).isFalse();
        assertThat(found("", "")).isTrue();
        assertThat(new Payload("b").isWithin(new byte[] {'a', 'b'}, 1)).isFalse();
    }

    @Test
    void itIsShownInOneLine() {
        assertThat(new Payload("PING\r\n\u0007")).hasToString("PING\\r\\n.");
        assertThat(new Payload("hex:00ff")).hasToString("hex:00ff");
    }
}
