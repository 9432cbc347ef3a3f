// SPDX-License-Identifier: Apache-2.0
package io.mainstay.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class InternetChecksumTest {

    private static final HexFormat HEX = HexFormat.of();

    @Test
    void sumsTheExampleOfRfc1071() {
        byte[] octets = HEX.parseHex("0001f203f4f5f6f7");

        assertThat(InternetChecksum.of(InternetChecksum.sum(octets, 0, 8))).isEqualTo(0x220D);
    }

    @Test
    void anOddLastOctetCountsAsIfAZeroFollowed() {
        assertThat(InternetChecksum.sum(HEX.parseHex("010203"), 0, 3)).isEqualTo(0x0102 + 0x0300);
    }

    @Test
    void sumsOnlyTheOctetsAskedForAndPairsThemFromTheOffset() {
        assertThat(InternetChecksum.sum(HEX.parseHex("ff0102ff"), 1, 2)).isEqualTo(0x0102);
    }

    @Test
    void aMessageThatHoldsItsChecksumVerifiesAndOneWithAFlippedBitDoesNot() {
        byte[] header = HEX.parseHex("450000280000400040060000c0000201c0000202");
        int checksum = InternetChecksum.of(InternetChecksum.sum(header, 0, header.length));
        header[10] = (byte) (checksum >>> 8);
        header[11] = (byte) checksum;

        assertThat(InternetChecksum.verifies(InternetChecksum.sum(header, 0, header.length)))
                .isTrue();
        header[3] ^= 1;
        assertThat(InternetChecksum.verifies(InternetChecksum.sum(header, 0, header.length)))
                .isFalse();
    }

    @Test
    void thePseudoHeaderOfBothFamiliesHoldsAddressesProtocolAndLength() {
        assertThat(InternetChecksum.sumOfPseudoHeader(
                        IpAddress.parse("192.0.2.1"), IpAddress.parse("224.0.0.18"), 112, 12))
                .isEqualTo(0xC000 + 0x0201 + 0xE000 + 0x0012 + 112 + 12);
        assertThat(InternetChecksum.sumOfPseudoHeader(
                        IpAddress.parse("fe80::fb"), IpAddress.parse("ff02::12"), 112, 0x1_0002))
                .isEqualTo(0xFE80 + 0xFB + 0xFF02 + 0x12 + 112 + 1 + 2);
    }

    @Test
    void sumsMoreWordsThanSixteenBitsCanCount() {
        byte[] octets = new byte[200_000];
        Arrays.fill(octets, (byte) 0xFF);

        assertThat(InternetChecksum.verifies(InternetChecksum.sum(octets, 0, octets.length)))
                .isTrue();
    }
}
