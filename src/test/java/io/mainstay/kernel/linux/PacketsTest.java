// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.net.IpDatagram;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Ipv6Address;
import io.mainstay.net.MacAddress;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Packets and socket addresses, octet for octet. */
class PacketsTest {

    private static final MacAddress MAC = new MacAddress(0x0200_0000_0001L);
    private static final Ipv4Address VIP = Ipv4Address.parse("198.18.0.10");

    private static byte[] octets(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    @Nested
    class Arp {

        private static final String HEAD = "ffffffffffff" + "020000000001" + "0806" + "00010800" + "0604";
        private static final String FILLING = "00".repeat(18);

        @Test
        void anAnnouncementInRequestFormAsksForItsOwnAddress() {
            assertThat(ArpPacket.announcementAsRequest(MAC, VIP).toBroadcastFrame())
                    .isEqualTo(octets(
                            HEAD + "0001" + "020000000001" + "c612000a" + "ffffffffffff" + "c612000a" + FILLING));
        }

        @Test
        void anAnnouncementInReplyFormNamesTheSameMacAddressTwice() {
            assertThat(ArpPacket.announcementAsReply(MAC, VIP).toBroadcastFrame())
                    .isEqualTo(octets(
                            HEAD + "0002" + "020000000001" + "c612000a" + "020000000001" + "c612000a" + FILLING));
        }

        @Test
        void aProbeHasNoSenderAddress() {
            assertThat(ArpPacket.probe(MAC, VIP).toBroadcastFrame())
                    .isEqualTo(octets(
                            HEAD + "0001" + "020000000001" + "00000000" + "000000000000" + "c612000a" + FILLING));
        }

        @Test
        void whatIsWrittenIsReadAgain() {
            ArpPacket packet = ArpPacket.announcementAsReply(MAC, VIP);
            byte[] frame = packet.toBroadcastFrame();

            assertThat(ArpPacket.parse(Arrays.copyOfRange(frame, 14, frame.length)))
                    .contains(packet);
            assertThat(ArpPacket.parse(Arrays.copyOfRange(frame, 14, 42))).contains(packet);
        }

        @Test
        void aPacketCutShortOrOfAnotherKindIsNone() {
            byte[] packet = Arrays.copyOfRange(ArpPacket.probe(MAC, VIP).toBroadcastFrame(), 14, 42);
            for (int length = 0; length < packet.length; length++) {
                assertThat(ArpPacket.parse(Arrays.copyOf(packet, length))).isEmpty();
            }
            for (int offset : new int[] {0, 1, 2, 3, 4, 5}) {
                byte[] other = packet.clone();
                other[offset]++;
                assertThat(ArpPacket.parse(other)).as("octet %d", offset).isEmpty();
            }
        }
    }

    @Nested
    class Ipv6 {

        /** The frame that scapy 2.5.0 makes for the same fields. */
        @Test
        void aNeighbourAdvertisementIsThatOfAnotherProgram() {
            assertThat(new NeighbourAdvertisement(MAC, Ipv6Address.parse("2001:db8::10")).toFrame())
                    .isEqualTo(octets("33330000000102000000000186dd6000000000203aff"
                            + "20010db8000000000000000000000010ff020000000000000000000000000001"
                            + "8800790ca000000020010db80000000000000000000000100201020000000001"));
        }
    }

    @Nested
    class Ipv4 {

        private static final Ipv4Address SOURCE = Ipv4Address.parse("198.18.0.1");

        private final byte[] packet =
                IpHeader.prependTo(new IpDatagram(SOURCE, Ipv4Address.VRRP_GROUP, 255, new byte[] {1, 2, 3}));

        @Test
        void aPacketHasAHeaderOfTwentyOctets() {
            assertThat(packet)
                    .isEqualTo(octets("45c00017" + "00000000" + "ff700000" + "c6120001" + "e0000012" + "010203"));
        }

        @Test
        void aPacketIsTakenApart() {
            IpDatagram datagram = Ipv4Packet.parse(packet).orElseThrow();

            assertThat(datagram.source()).isEqualTo(SOURCE);
            assertThat(datagram.destination()).isEqualTo(Ipv4Address.VRRP_GROUP);
            assertThat(datagram.hopLimit()).isEqualTo(255);
            assertThat(datagram.payload()).containsExactly(1, 2, 3);
        }

        @Test
        void optionsAreNoPayloadNorIsWhatFollowsThePacket() {
            byte[] withOptions = octets(
                    "46c0001a" + "00000000" + "40700000" + "c6120001" + "e0000012" + "94040000" + "0a0b" + "ffff");

            IpDatagram datagram = Ipv4Packet.parse(withOptions).orElseThrow();

            assertThat(datagram.payload()).containsExactly(0x0a, 0x0b);
            assertThat(datagram.hopLimit()).isEqualTo(64);
        }

        @Test
        void aPacketCutShortOrOfImpossibleLengthsIsNone() {
            for (int length = 0; length < packet.length; length++) {
                assertThat(Ipv4Packet.parse(Arrays.copyOf(packet, length))).isEmpty();
            }
            for (String head : new String[] {"65c00017", "44c00017", "4fc00017", "45c00013", "45c00018"}) {
                byte[] wrong = packet.clone();
                System.arraycopy(octets(head), 0, wrong, 0, 4);
                assertThat(Ipv4Packet.parse(wrong)).as(head).isEmpty();
            }
        }
    }

    @Nested
    class Addresses {

        @Test
        void areLaidOutAsTheKernelWants() {
            assertThat(SocketAddresses.ipv4(VIP)).isEqualTo(octets("0200" + "0000" + "c612000a" + "0000000000000000"));
            assertThat(SocketAddresses.packet(0x102, SocketConstants.ETH_P_ARP))
                    .isEqualTo(octets("1100" + "0806" + "02010000" + "000000000000000000000000"));
            assertThat(SocketAddresses.netlink(0x111)).isEqualTo(octets("1000" + "0000" + "00000000" + "11010000"));
        }
    }

    @Test
    void anIpv6PacketIsTakenApartByTheLengthInItsHeader() {
        byte[] packet = new byte[40 + 3 + 5];
        packet[0] = 0x60;
        packet[5] = 3;
        packet[6] = 112;
        packet[7] = (byte) 255;
        packet[23] = 1;
        packet[39] = 2;
        packet[40] = 7;
        IpDatagram datagram = Ipv6Packet.parse(packet).orElseThrow();
        assertThat(datagram.source()).isEqualTo(Ipv6Address.parse("::1"));
        assertThat(datagram.destination()).isEqualTo(Ipv6Address.parse("::2"));
        assertThat(datagram.hopLimit()).isEqualTo(255);
        assertThat(datagram.payload()).containsExactly(7, 0, 0);
        packet[5] = 9;
        assertThat(Ipv6Packet.parse(packet)).as("longer than what came").isEmpty();
        packet[0] = 0x45;
        assertThat(Ipv6Packet.parse(packet)).isEmpty();
        assertThat(Ipv6Packet.parse(new byte[39])).isEmpty();
    }
}
