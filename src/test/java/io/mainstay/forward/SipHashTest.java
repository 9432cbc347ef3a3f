// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SipHashTest {

    /** The key 00 01 … 0f of the authors' test vectors. */
    private static final SipHash HASH = new SipHash(0x0706050403020100L, 0x0f0e0d0c0b0a0908L);

    private static byte[] counting(int length) {
        byte[] octets = new byte[length];
        for (int i = 0; i < length; i++) {
            octets[i] = (byte) i;
        }
        return octets;
    }

    @Test
    void theVectorsOfTheAuthorsComeOut() {
        assertThat(HASH.hash(counting(0))).isEqualTo(0x726fdb47dd0e0e31L);
        assertThat(HASH.hash(counting(1))).isEqualTo(0x74f839c593dc67fdL);
        assertThat(HASH.hash(counting(8))).isEqualTo(0x93f5f5799a932462L);
        assertThat(HASH.hash(counting(15))).isEqualTo(0xa129ca6149be45e5L);
    }

    @Test
    void everyTextIsASeed() {
        assertThat(SipHash.ofSeed("").hash("x"))
                .isNotEqualTo(SipHash.ofSeed("a").hash("x"));
        assertThat(SipHash.ofSeed("a").hash("x"))
                .isEqualTo(SipHash.ofSeed("a").hash("x"))
                .isNotEqualTo(SipHash.ofSeed("a").hash("y"));
    }
}
