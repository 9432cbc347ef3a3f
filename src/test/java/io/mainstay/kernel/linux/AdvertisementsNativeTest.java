// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mainstay.kernel.AdvertisementSocket;
import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelEvent;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.IpFamily;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Ipv6Address;
import io.mainstay.net.VirtualAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Advertisements from one end of a cable to the other. */
@Tag("native")
class AdvertisementsNativeTest {

    private static final IpAddress FAR_LINK_LOCAL = IpAddress.parse("fe80::77");
    private static final byte[] MESSAGE = HexFormat.of().parseHex("313364010064a865c0000201");

    @RegisterExtension
    private final VethLab lab = new VethLab();

    private LinuxKernel near;
    private LinuxKernel far;

    @BeforeEach
    void open() throws KernelException {
        near = LinuxKernel.open();
        far = lab.far().call(LinuxKernel::open);
    }

    @AfterEach
    void close() {
        near.close();
        lab.far().call(() -> {
            far.close();
            return "closed";
        });
    }

    private void sendFromFar(IpAddress source, IpAddress destination, byte[] message) {
        lab.far().call(() -> {
            try (AdvertisementSocket socket = far.events().open(VethLab.FAR, VethLab.BOTH_FAMILIES)) {
                socket.send(source, destination, message);
            }
            return "sent";
        });
    }

    private static IpDatagram awaitDatagram(LinuxKernel kernel, IpAddress source) throws Exception {
        List<KernelEvent> events = VethLab.awaitEvent(
                kernel,
                event -> event instanceof KernelEvent.DatagramReceived received
                        && received.datagram().source().equals(source));
        return VethLab.lastOf(KernelEvent.DatagramReceived.class, events).datagram();
    }

    @Test
    void anAdvertisementArrivesOctetForOctetWithTtl255() throws Exception {
        AdvertisementSocket socket = near.events().open(VethLab.NEAR, VethLab.BOTH_FAMILIES);

        sendFromFar(VethLab.FAR_ADDRESS, Ipv4Address.VRRP_GROUP, MESSAGE);

        IpDatagram datagram = awaitDatagram(near, VethLab.FAR_ADDRESS);
        assertThat(datagram.source()).isEqualTo(VethLab.FAR_ADDRESS);
        assertThat(datagram.destination()).isEqualTo(Ipv4Address.VRRP_GROUP);
        assertThat(datagram.hopLimit()).isEqualTo(255);
        assertThat(datagram.payload()).isEqualTo(MESSAGE);
        socket.close();
    }

    @Test
    void anAdvertisementGoesOutAsControlTrafficToTheGroupsMacAddress() throws Exception {
        try (FrameCapture capture = FrameCapture.open(VethLab.NEAR, SocketConstants.ETH_P_IP)) {
            sendFromFar(VethLab.FAR_ADDRESS, Ipv4Address.VRRP_GROUP, MESSAGE);

            byte[] frame = capture.awaitFrame(octets -> octets[23] == 112);
            assertThat(Arrays.copyOf(frame, 18))
                    .isEqualTo(HexFormat.of().parseHex("01005e000012" + "020000000002" + "0800" + "45c00020"));
            assertThat(frame[22]).as("TTL").isEqualTo((byte) 255);
            assertThat(Arrays.copyOfRange(frame, 26, 46))
                    .isEqualTo(HexFormat.of().parseHex("c6120002" + "e0000012" + "313364010064a865c0000201"));
        }
    }

    /** The reason why the length of an advertisement is compared with the MTU before a virtual router takes part. */
    @Test
    void whatIsLongerThanTheMtuIsNotSentInPieces() throws Exception {
        try (AdvertisementSocket socket = near.events().open(VethLab.NEAR, VethLab.BOTH_FAMILIES)) {
            int mtu = near.links().find(VethLab.NEAR).orElseThrow().mtuOctets();
            socket.send(VethLab.NEAR_ADDRESS, Ipv4Address.VRRP_GROUP, new byte[mtu - 20]);
            assertThatExceptionOfType(KernelException.class)
                    .isThrownBy(() -> socket.send(VethLab.NEAR_ADDRESS, Ipv4Address.VRRP_GROUP, new byte[mtu - 20 + 1]))
                    .satisfies(refused -> assertThat(refused.errno()).isEqualTo(Errno.EMSGSIZE));
        }
    }

    @Test
    void aUnicastAdvertisementArrives() throws Exception {
        AdvertisementSocket socket = near.events().open(VethLab.NEAR, VethLab.BOTH_FAMILIES);

        sendFromFar(VethLab.FAR_ADDRESS, VethLab.NEAR_ADDRESS, MESSAGE);

        assertThat(awaitDatagram(near, VethLab.FAR_ADDRESS).destination()).isEqualTo(VethLab.NEAR_ADDRESS);
        socket.close();
    }

    @Test
    void theSourceIsTheOneAskedForEvenIfTheInterfaceHasItNot() throws Exception {
        IpAddress source = IpAddress.parse("198.18.0.77");
        AdvertisementSocket socket = near.events().open(VethLab.NEAR, VethLab.BOTH_FAMILIES);

        sendFromFar(source, Ipv4Address.VRRP_GROUP, MESSAGE);

        assertThat(awaitDatagram(near, source).payload()).isEqualTo(MESSAGE);
        socket.close();
    }

    @Test
    void aNodeHearsNeitherItselfNorAnotherInterfaceNorAClosedSocket() throws Exception {
        InterfaceName other = new InterfaceName("other0");
        NetworkNamespace.ip("link", "add", "other0", "type", "veth", "peer", "name", "other1");
        try {
            NetworkNamespace.ip("link", "set", "other1", "up");
            NetworkNamespace.ip("address", "add", "198.19.0.1/24", "dev", "other0");
            NetworkNamespace.ip("link", "set", "other0", "up");
            AdvertisementSocket onOther = near.events().open(other, VethLab.BOTH_FAMILIES);
            AdvertisementSocket onNear = near.events().open(VethLab.NEAR, VethLab.BOTH_FAMILIES);
            AdvertisementSocket closed = near.events().open(VethLab.NEAR, VethLab.BOTH_FAMILIES);
            closed.close();
            onNear.send(VethLab.NEAR_ADDRESS, Ipv4Address.VRRP_GROUP, MESSAGE);
            sendFromFar(VethLab.FAR_ADDRESS, VethLab.NEAR_ADDRESS, MESSAGE);
            sendFromFar(VethLab.FAR_ADDRESS, Ipv4Address.VRRP_GROUP, MESSAGE);

            List<KernelEvent> events = VethLab.awaitEvent(
                    near,
                    event -> event instanceof KernelEvent.DatagramReceived received
                            && received.datagram().destination().isMulticast());
            events.addAll(VethLab.eventsNow(near));

            assertThat(events.stream().filter(KernelEvent.DatagramReceived.class::isInstance))
                    .hasSize(2)
                    .allSatisfy(event -> assertThat(event.interfaceName()).isEqualTo(VethLab.NEAR));
            onOther.close();
            onNear.close();
        } finally {
            NetworkNamespace.ip("link", "delete", "other0");
        }
    }

    @Test
    void theTtlOfWhatArrivesIsToldAsItIs() throws Exception {
        AdvertisementSocket socket = near.events().open(VethLab.NEAR, VethLab.BOTH_FAMILIES);
        lab.far().call(() -> {
            try (KernelSocket raw =
                    KernelSocket.open("raw socket", SocketConstants.AF_INET, SocketConstants.SOCK_RAW, 112, 1500)) {
                raw.setOption("IP_HDRINCL", SocketConstants.SOL_IP, SocketConstants.IP_HDRINCL, 1);
                byte[] packet =
                        IpHeader.prependTo(new IpDatagram(VethLab.FAR_ADDRESS, VethLab.NEAR_ADDRESS, 64, MESSAGE));
                return LinuxCalls.check(
                        raw.send(packet, SocketAddresses.ipv4((Ipv4Address) VethLab.NEAR_ADDRESS)), "send");
            }
        });

        assertThat(awaitDatagram(near, VethLab.FAR_ADDRESS).hopLimit()).isEqualTo(64);
        socket.close();
    }

    @Test
    void sendingOnAnInterfaceThatIsDownSaysSo() throws Exception {
        AdvertisementSocket socket = near.events().open(VethLab.NEAR, VethLab.BOTH_FAMILIES);
        NetworkNamespace.ip("link", "set", "near0", "down");

        assertThatExceptionOfType(KernelException.class)
                .isThrownBy(() -> socket.send(VethLab.NEAR_ADDRESS, Ipv4Address.VRRP_GROUP, MESSAGE))
                .withMessageStartingWith("send VRRP from 198.18.0.1 to 224.0.0.18 on near0: ")
                .satisfies(e -> assertThat(e.errno()).isIn(Errno.ENETDOWN, Errno.ENETUNREACH));

        NetworkNamespace.ip("link", "set", "near0", "up");
        lab.awaitBothUp();
        socket.send(VethLab.NEAR_ADDRESS, Ipv4Address.VRRP_GROUP, MESSAGE);
        sendFromFar(VethLab.FAR_ADDRESS, Ipv4Address.VRRP_GROUP, MESSAGE);
        awaitDatagram(near, VethLab.FAR_ADDRESS);
        socket.close();
    }

    @Test
    void anIpv6AdvertisementArrivesOctetForOctetWithHopLimit255() throws Exception {
        AdvertisementSocket socket = near.events().open(VethLab.NEAR, VethLab.BOTH_FAMILIES);

        sendFromFar(FAR_LINK_LOCAL, Ipv6Address.VRRP_GROUP, MESSAGE);

        IpDatagram datagram = awaitDatagram(near, FAR_LINK_LOCAL);
        assertThat(datagram.destination()).isEqualTo(Ipv6Address.VRRP_GROUP);
        assertThat(datagram.hopLimit()).isEqualTo(255);
        assertThat(datagram.payload()).isEqualTo(MESSAGE);
        socket.close();
    }

    @Test
    void anIpv6AdvertisementGoesOutAsControlTrafficToTheGroupsMacAddress() throws Exception {
        try (FrameCapture capture = FrameCapture.open(VethLab.NEAR, SocketConstants.ETH_P_IPV6)) {
            sendFromFar(FAR_LINK_LOCAL, Ipv6Address.VRRP_GROUP, MESSAGE);

            byte[] frame = capture.awaitFrame(octets -> octets[20] == 112);
            assertThat(frame)
                    .isEqualTo(HexFormat.of()
                            .parseHex("333300000012" + "020000000002" + "86dd" + "6c000000" + "000c" + "70" + "ff"
                                    + "fe800000000000000000000000000077" + "ff020000000000000000000000000012"
                                    + "313364010064a865c0000201"));
        }
    }

    @Test
    void aUnicastIpv6AdvertisementArrivesWithItsHopLimit() throws Exception {
        IpAddress here = IpAddress.parse("2001:db8::1");
        IpAddress there = IpAddress.parse("2001:db8::2");
        near.addresses().add(VethLab.NEAR, VirtualAddress.parse("2001:db8::1/64"));
        lab.far().call(() -> NetworkNamespace.ip("address", "add", "2001:db8::2/64", "dev", "far0", "nodad"));
        AdvertisementSocket socket = near.events().open(VethLab.NEAR, VethLab.BOTH_FAMILIES);
        lab.far().call(() -> {
            try (KernelSocket raw =
                    KernelSocket.open("raw socket", SocketConstants.AF_INET6, SocketConstants.SOCK_RAW, 112, 1500)) {
                raw.setOption("IPV6_HDRINCL", SocketConstants.SOL_IPV6, SocketConstants.IPV6_HDRINCL, 1);
                byte[] packet = IpHeader.prependTo(new IpDatagram(there, here, 64, MESSAGE));
                return LinuxCalls.check(raw.send(packet, SocketAddresses.ipv6((Ipv6Address) here, 0)), "send");
            }
        });

        IpDatagram datagram = awaitDatagram(near, there);
        assertThat(datagram.destination()).isEqualTo(here);
        assertThat(datagram.hopLimit()).isEqualTo(64);
        socket.close();
    }

    @Test
    void aNodeDoesNotHearItselfOverIpv6() throws Exception {
        AdvertisementSocket socket = near.events().open(VethLab.NEAR, VethLab.BOTH_FAMILIES);
        socket.send(IpAddress.parse("fe80::66"), Ipv6Address.VRRP_GROUP, MESSAGE);
        sendFromFar(FAR_LINK_LOCAL, Ipv6Address.VRRP_GROUP, MESSAGE);

        List<KernelEvent> events = VethLab.awaitEvent(near, KernelEvent.DatagramReceived.class::isInstance);
        events.addAll(VethLab.eventsNow(near));
        assertThat(events)
                .filteredOn(KernelEvent.DatagramReceived.class::isInstance)
                .singleElement()
                .extracting(event ->
                        ((KernelEvent.DatagramReceived) event).datagram().source())
                .isEqualTo(FAR_LINK_LOCAL);
        socket.close();
    }

    @Test
    void aFamilyThatIsNotOpenIsRefusedWithItsReason() throws Exception {
        AdvertisementSocket socket = near.events().open(VethLab.NEAR, Set.of(IpFamily.IPV4));

        assertThatExceptionOfType(KernelException.class)
                .isThrownBy(() -> socket.send(IpAddress.parse("fe80::1"), Ipv6Address.VRRP_GROUP, MESSAGE))
                .withMessage("send VRRP over IPv6 on near0: address family not supported (errno 97)");
        socket.close();
    }
}
