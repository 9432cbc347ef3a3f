// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Octets as they stand in memory of a little-endian machine, which all supported ones are. */
class NetlinkMessageTest {

    private static final String BODY = "0102030405060708";

    /** Length 24, type 20, flags 2, sequence 5, port 0. */
    private static final String MESSAGE = "18000000" + "1400" + "0200" + "05000000" + "00000000" + BODY;

    private static byte[] octets(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    @Test
    void aDatagramOfSeveralMessagesIsTakenApart() {
        List<NetlinkMessage> messages = NetlinkMessage.parse(octets(MESSAGE + MESSAGE));

        assertThat(messages).hasSize(2).allSatisfy(message -> {
            assertThat(message.type()).isEqualTo(20);
            assertThat(message.flags()).isEqualTo(2);
            assertThat(message.sequence()).isEqualTo(5);
            assertThat(message.body().limit()).isEqualTo(8);
            assertThat(message.body().get(7)).isEqualTo((byte) 8);
        });
    }

    @Test
    void messagesBeginAtMultiplesOfFourOctets() {
        String oddLength = "13000000" + "1400" + "0200" + "05000000" + "00000000" + "0a0b0c" + "00";

        assertThat(NetlinkMessage.parse(octets(oddLength + MESSAGE)))
                .extracting(message -> message.body().limit())
                .containsExactly(3, 8);
    }

    @Test
    void aDatagramCutAnywhereGivesTheWholeMessagesBefore() {
        byte[] datagram = octets(MESSAGE + MESSAGE);
        for (int length = 0; length < datagram.length; length++) {
            assertThat(NetlinkMessage.parse(Arrays.copyOf(datagram, length)))
                    .as("cut to %d octets", length)
                    .hasSize(length / 24);
        }
    }

    @Test
    void aMessageLengthThatCannotBeEndsTheDatagram() {
        for (String length : List.of("00000000", "0f000000", "ffffffff", "19000000")) {
            assertThat(NetlinkMessage.parse(octets(MESSAGE + length + MESSAGE.substring(8))))
                    .hasSize(1);
        }
    }

    @Test
    void anAttributeIsFoundBehindOthersAndUnderItsFlags() {
        String attributes = "0500" + "0100" + "aa000000" + "0800" + "0480" + "04030201";
        NetlinkMessage message = messageWith(attributes);

        assertThat(message.attribute(0, 1)).isEqualTo(new byte[] {(byte) 0xAA});
        assertThat(message.intAttribute(0, 4, -1)).isEqualTo(0x01020304);
        assertThat(message.attribute(0, 2)).isNull();
        assertThat(message.intAttribute(0, 2, -1)).isEqualTo(-1);
        assertThat(message.intAttribute(0, 1, -1)).as("of one octet").isEqualTo(-1);
    }

    @Test
    void anAttributeLengthThatCannotBeEndsTheAttributes() {
        for (String length : List.of("0000", "0300", "0d00", "ffff")) {
            assertThat(messageWith(length + "0100" + "0000000000000000").attribute(0, 1))
                    .isNull();
            assertThat(messageWith(length + "0100" + "0800" + "0200" + "00000000")
                            .attribute(0, 2))
                    .isNull();
        }
        assertThat(messageWith("0400").attribute(0, 1)).isNull();
        assertThat(messageWith("").attribute(16, 1)).isNull();
    }

    @Test
    void theErrorIsThatOfTheFirstFourOctets() {
        assertThat(messageWith("edffffff").errno()).isEqualTo(19);
        assertThat(messageWith("00000000").errno()).isZero();
        assertThat(messageWith("").errno()).isZero();
    }

    @Test
    void aRequestIsWrittenWithHeaderBodyAndAlignedAttributes() {
        byte[] request = new NetlinkRequest(18, 0x304, new byte[] {1, 2, 3, 4})
                .attribute(3, new byte[] {'a', 'b', 0})
                .attribute(29, 8)
                .toOctets(7);

        assertThat(request)
                .isEqualTo(octets("24000000" + "1200" + "0503" + "07000000" + "00000000" + "01020304" + "0700" + "0300"
                        + "61620000" + "0800" + "1d00" + "08000000"));
    }

    private static NetlinkMessage messageWith(String body) {
        int length = 16 + body.length() / 2;
        return NetlinkMessage.parse(octets(String.format("%02x000000", length) + MESSAGE.substring(8, 32) + body))
                .getFirst();
    }
}
