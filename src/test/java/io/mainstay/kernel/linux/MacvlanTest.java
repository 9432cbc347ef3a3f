// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.kernel.VirtualInterface;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.InternetChecksum;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.IpFamily;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Ipv6Address;
import io.mainstay.net.MacAddress;
import io.mainstay.net.VirtualRouterId;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** What is written for and about interfaces with a virtual MAC address. */
class MacvlanTest {

    private static final VirtualInterface WEB = new VirtualInterface(
            new InterfaceName("vrrp4-51"), new InterfaceName("eth0"), IpFamily.IPV4, new VirtualRouterId(51));

    @Test
    void theAliasTellsWhatTheParentHad() {
        VirtualMacSettings.Before before = new VirtualMacSettings.Before(0, 1);
        assertThat(MacvlanAlias.parse(MacvlanAlias.write(WEB, before))).contains(before);
        assertThat(MacvlanAlias.parse("")).isEmpty();
        assertThat(MacvlanAlias.parse("mainstay: something else")).isEmpty();
    }

    @Test
    void anAdvertisementIsAWholeFrameWithAChecksum() {
        byte[] message = HexFormat.of().parseHex("313364010064a865c0000201");
        byte[] frame = AdvertisementFrame.of(
                WEB.mac(), new IpDatagram(IpAddress.parse("192.0.2.251"), Ipv4Address.VRRP_GROUP, 255, message));
        assertThat(frame).hasSize(EthernetFrame.SHORTEST);
        assertThat(HexFormat.of().formatHex(frame, 0, 14)).isEqualTo("01005e000012" + "00005e000133" + "0800");
        assertThat(InternetChecksum.verifies(InternetChecksum.sum(frame, 14, 20)))
                .isTrue();
        assertThat(Arrays.copyOfRange(frame, 34, 46)).isEqualTo(message);
    }

    @Test
    void overIpv6TheFrameGoesToTheGroupOfIpv6() {
        MacAddress mac = MacAddress.ofVirtualRouter(IpFamily.IPV6, new VirtualRouterId(255));
        byte[] frame = AdvertisementFrame.of(
                mac, new IpDatagram(IpAddress.parse("fe80::1"), Ipv6Address.VRRP_GROUP, 255, new byte[24]));
        assertThat(HexFormat.of().formatHex(frame, 0, 14)).isEqualTo("333300000012" + "00005e0002ff" + "86dd");
        assertThat(frame).hasSize(14 + 40 + 24);
    }

    @Test
    void theMacOfAVirtualRouterIsKnown() {
        assertThat(WEB.mac().isOfVirtualRouter()).isTrue();
        assertThat(new MacAddress(0x0000_5E00_0201L).isOfVirtualRouter()).isTrue();
        assertThat(new MacAddress(0x0000_5E00_0301L).isOfVirtualRouter()).isFalse();
        assertThat(new MacAddress(0x0200_0000_0001L).isOfVirtualRouter()).isFalse();
    }
}
