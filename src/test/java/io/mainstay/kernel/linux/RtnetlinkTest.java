// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.net.InterfaceName;
import io.mainstay.net.MacAddress;
import io.mainstay.net.VirtualAddress;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Requests and messages about links and addresses, octet for octet on a little-endian machine. */
class RtnetlinkTest {

    private static final String SEQUENCE_AND_PORT = "09000000" + "00000000";

    private static String hex(NetlinkRequest request) {
        return HexFormat.of().formatHex(request.toOctets(9));
    }

    /** A message of the given type with this body. */
    static NetlinkMessage message(int type, String body) {
        String header = String.format("%02x000000%02x000000", 16 + body.length() / 2, type) + SEQUENCE_AND_PORT;
        return NetlinkMessage.parse(HexFormat.of().parseHex(header + body)).getFirst();
    }

    @Nested
    class Addresses {

        @Test
        void anIpv4AddressIsAddedWithItsBroadcastAddress() {
            assertThat(hex(AddressMessage.add(3, VirtualAddress.parse("198.18.0.10/24"))))
                    .isEqualTo("30000000" + "1400" + "0506" + SEQUENCE_AND_PORT + "02180000" + "03000000" + "08000200"
                            + "c612000a" + "08000100" + "c612000a" + "08000400" + "c61200ff");
        }

        @Test
        void aShortPrefixGivesAWideBroadcastAddressAndALongOneNone() {
            assertThat(hex(AddressMessage.add(3, VirtualAddress.parse("198.18.0.10/9"))))
                    .endsWith("08000400" + "c67fffff");
            for (String address : new String[] {"198.18.0.10/31", "198.18.0.10/32"}) {
                assertThat(hex(AddressMessage.add(3, VirtualAddress.parse(address))))
                        .startsWith("28000000")
                        .endsWith("08000200" + "c612000a" + "08000100" + "c612000a");
            }
        }

        @Test
        void anIpv6AddressIsAddedDeprecatedAndWithoutDuplicateAddressDetection() {
            String octets = "20010db8000000000000000000000010";
            assertThat(hex(AddressMessage.add(3, VirtualAddress.parse("2001:db8::10/64"))))
                    .isEqualTo("54000000" + "1400" + "0506" + SEQUENCE_AND_PORT + "0a400200" + "03000000" + "14000200"
                            + octets + "14000100" + octets + "14000600" + "00000000" + "ffffffff" + "0000000000000000");
        }

        @Test
        void anAddressIsRemovedByInterfaceAddressAndLength() {
            assertThat(hex(AddressMessage.remove(0x102, VirtualAddress.parse("198.18.0.10/24"))))
                    .isEqualTo("28000000" + "1500" + "0500" + SEQUENCE_AND_PORT + "02180000" + "02010000" + "08000200"
                            + "c612000a" + "08000100" + "c612000a");
        }

        @Test
        void theAddressesOfOneInterfaceAreAskedForInBothFamilies() {
            assertThat(hex(AddressMessage.requestAllOf(3)))
                    .isEqualTo("18000000" + "1600" + "0103" + SEQUENCE_AND_PORT + "00000000" + "03000000");
        }

        @Test
        void aMessageTellsInterfaceAddressScopeAndFlags() {
            String body = "02180100" + "03000000" + "08000100" + "c612000a" + "08000200" + "c612000b" + "08000800"
                    + "81000000";

            assertThat(AddressMessage.parse(message(20, body)))
                    .contains(new AddressMessage(3, VirtualAddress.parse("198.18.0.11/24"), 0, 0x81));
        }

        @Test
        void anIpv6MessageHasItsAddressWhereThePeersWouldBeAndFlagsInTheBody() {
            String body = "0a408000" + "03000000" + "14000100" + "20010db8000000000000000000000010";

            assertThat(AddressMessage.parse(message(20, body)))
                    .contains(new AddressMessage(3, VirtualAddress.parse("2001:db8::10/64"), 0, 0x80));
        }

        @Test
        void anIpv4AddressIsASourceIfItIsOfGlobalScopeAndNotSecondary() {
            VirtualAddress address = VirtualAddress.parse("198.18.0.10/24");

            assertThat(new AddressMessage(3, address, 0, 0x80).isSource()).isTrue();
            assertThat(new AddressMessage(3, address, 0, 0x81).isSource()).isFalse();
            assertThat(new AddressMessage(3, address, 253, 0x80).isSource()).isFalse();
        }

        @Test
        void anIpv6AddressIsASourceOnceItIsSettledUnlessItGoesSoon() {
            VirtualAddress address = VirtualAddress.parse("fe80::10/64");
            int settled = 0x80;

            assertThat(new AddressMessage(3, address, 253, settled).isSource()).isTrue();
            assertThat(new AddressMessage(3, address, 0, settled).isSource()).isTrue();
            for (int flag : new int[] {0x01, 0x08, 0x20, 0x40}) {
                assertThat(new AddressMessage(3, address, 253, settled | flag).isSource())
                        .as("flag 0x%02x", flag)
                        .isFalse();
            }
        }

        @Test
        void whatNoVirtualAddressCanBeIsPassedOver() {
            for (String body : new String[] {
                "02080000" + "01000000" + "08000200" + "7f000001",
                "02180000" + "01000000" + "08000200" + "00000000",
                "02180000" + "01000000" + "08000200" + "e0000012",
                "02000000" + "01000000" + "08000200" + "c612000a",
                "02210000" + "01000000" + "08000200" + "c612000a",
                "0a180000" + "01000000" + "08000200" + "c612000a",
                "07180000" + "01000000" + "08000200" + "c612000a",
                "02180000" + "01000000",
                "02180000"
            }) {
                assertThat(AddressMessage.parse(message(20, body))).as(body).isEmpty();
            }
        }
    }

    @Nested
    class Links {

        private static final String NAME = "09000300" + "6574683000000000";
        private static final String MAC = "0a000100" + "0200000000010000";

        @Test
        void aLinkIsAskedForByNameWithoutStatistics() {
            assertThat(hex(LinkMessage.request(new InterfaceName("eth0"))))
                    .isEqualTo("34000000" + "1200" + "0100" + SEQUENCE_AND_PORT + "00".repeat(16) + "08001d00"
                            + "08000000" + NAME);
        }

        @Test
        void aMessageTellsIndexNameTypeFlagsMacAndMtu() {
            LinkMessage link = LinkMessage.parse(message(
                            16,
                            "00000100" + "03000000" + "43100100" + "00000000" + NAME + MAC + "08000400" + "dc050000"))
                    .orElseThrow();

            assertThat(link)
                    .isEqualTo(new LinkMessage(
                            3, new InterfaceName("eth0"), 1, 0x11043, new MacAddress(0x0200_0000_0001L), 1500));
            assertThat(link.isUp()).isTrue();
            assertThat(link.hasCarrier()).isTrue();
            assertThat(link.isEthernet()).isTrue();
        }

        @Test
        void aLinkThatIsUpWithoutLowerLayerHasNoCarrier() {
            LinkMessage link = LinkMessage.parse(message(16, "00000403" + "03000000" + "03100000" + "00000000" + NAME))
                    .orElseThrow();

            assertThat(link.isUp()).isTrue();
            assertThat(link.hasCarrier()).isFalse();
            assertThat(link.isEthernet()).isFalse();
            assertThat(link.mac()).as("of a link without MAC address").isEqualTo(new MacAddress(0));
        }

        @Test
        void portsOfBridgesAndNamesThatCannotBeWrittenArePassedOver() {
            String rest = "000100" + "03000000" + "43100100" + "00000000";
            for (String body : new String[] {
                "07" + rest + NAME,
                "00" + rest,
                "00" + rest + "05000300" + "00000000",
                "00" + rest + "08000300" + "62c3a400",
                "00" + rest + "07000300" + "613a0000",
                "00" + rest.substring(0, 20)
            }) {
                assertThat(LinkMessage.parse(message(16, body))).as(body).isEqualTo(Optional.empty());
            }
        }
    }
}
