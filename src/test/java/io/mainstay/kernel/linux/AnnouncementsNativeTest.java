// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mainstay.kernel.AdvertisementSocket;
import io.mainstay.kernel.KernelEvent;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.VirtualAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Announcements, probes and claims from one end of a cable to the other. */
@Tag("native")
class AnnouncementsNativeTest {

    private static final IpAddress VIP = IpAddress.parse("198.18.0.10");
    private static final IpAddress VIP6 = IpAddress.parse("2001:db8::10");
    private static final VirtualAddress VIP_WITH_PREFIX = new VirtualAddress(VIP, 24);
    private static final KernelEvent CLAIM_OF_FAR = new KernelEvent.AddressClaimed(VethLab.NEAR, VIP, VethLab.FAR_MAC);

    @RegisterExtension
    private final VethLab lab = new VethLab();

    private LinuxKernel near;
    private AdvertisementSocket open;

    @BeforeEach
    void open() throws KernelException {
        near = LinuxKernel.open();
        open = near.events().open(VethLab.NEAR, VethLab.BOTH_FAMILIES);
    }

    @AfterEach
    void close() {
        open.close();
        near.close();
    }

    private void onFar(KernelAction action) {
        lab.far().call(() -> {
            try (LinuxKernel far = LinuxKernel.open()) {
                action.on(far);
            }
            return "done";
        });
    }

    private interface KernelAction {
        void on(LinuxKernel kernel) throws KernelException;
    }

    @Test
    void anIpv4AddressIsAnnouncedInRequestAndInReplyForm() throws Exception {
        try (FrameCapture capture = FrameCapture.open(VethLab.NEAR, SocketConstants.ETH_P_ARP)) {
            onFar(far -> far.announcer().announce(VethLab.FAR, VIP));

            byte[] request = capture.awaitFrame(octets -> octets[21] == ArpPacket.REQUEST);
            byte[] reply = capture.awaitFrame(octets -> octets[21] == ArpPacket.REPLY);

            assertThat(Arrays.copyOf(request, 42))
                    .isEqualTo(HexFormat.of()
                            .parseHex("ffffffffffff" + "020000000002" + "0806" + "0001080006040001" + "020000000002"
                                    + "c612000a" + "ffffffffffff" + "c612000a"));
            assertThat(Arrays.copyOf(reply, 42))
                    .isEqualTo(HexFormat.of()
                            .parseHex("ffffffffffff" + "020000000002" + "0806" + "0001080006040002" + "020000000002"
                                    + "c612000a" + "020000000002" + "c612000a"));
        }
    }

    @Test
    void anAnnouncementCorrectsTheNeighbourTableOfAHostThatKnewAnother() throws Exception {
        NetworkNamespace.ip(
                "neighbour", "add", VIP.toString(), "lladdr", "02:00:00:00:00:99", "dev", "near0", "nud", "reachable");
        // Linux believes no change for a second after an entry was made (locktime), which is not waited for here.
        NetworkNamespace.sysctl("net/ipv4/neigh/near0/locktime", "0");

        onFar(far -> far.announcer().announce(VethLab.FAR, VIP));

        VethLab.awaitEvent(near, CLAIM_OF_FAR::equals);
        assertThat(NetworkNamespace.ip("neighbour", "show", VIP.toString(), "dev", "near0"))
                .contains(VethLab.FAR_MAC.toString());
    }

    @Test
    void anIpv6AddressIsAnnouncedByAnUnsolicitedAdvertisement() throws Exception {
        try (FrameCapture capture = FrameCapture.open(VethLab.NEAR, SocketConstants.ETH_P_IPV6)) {
            onFar(far -> far.announcer().announce(VethLab.FAR, IpAddress.parse("2001:db8::10")));

            byte[] frame = capture.awaitFrame(octets -> octets[54] == (byte) 136);

            assertThat(Arrays.copyOf(frame, 12)).isEqualTo(HexFormat.of().parseHex("333300000001020000000002"));
            assertThat(frame).hasSize(86);
        }
    }

    @Test
    void whatAnotherHostAnnouncesIsAClaim() throws Exception {
        onFar(far -> far.announcer().announce(VethLab.FAR, VIP));

        VethLab.awaitEvent(near, CLAIM_OF_FAR::equals);
    }

    @Test
    void aProbeIsAnsweredByTheHolderAndTheAnswerIsAClaim() throws Exception {
        onFar(far -> far.addresses().add(VethLab.FAR, VIP_WITH_PREFIX));

        near.announcer().probe(VethLab.NEAR, VIP);

        VethLab.awaitEvent(near, CLAIM_OF_FAR::equals);
    }

    @Test
    void whatAnotherHostAnnouncesOverIpv6IsAClaim() throws Exception {
        onFar(far -> far.announcer().announce(VethLab.FAR, VIP6));

        VethLab.awaitEvent(near, new KernelEvent.AddressClaimed(VethLab.NEAR, VIP6, VethLab.FAR_MAC)::equals);
    }

    @Test
    void anAnnouncementCorrectsTheNeighbourTableOfAnIpv6HostThatKnewAnother() throws Exception {
        NetworkNamespace.ip(
                "neighbour", "add", VIP6.toString(), "lladdr", "02:00:00:00:00:99", "dev", "near0", "nud", "reachable");

        onFar(far -> far.announcer().announce(VethLab.FAR, VIP6));

        VethLab.awaitEvent(near, KernelEvent.AddressClaimed.class::isInstance);
        assertThat(NetworkNamespace.ip("neighbour", "show", VIP6.toString(), "dev", "near0"))
                .contains(VethLab.FAR_MAC.toString());
    }

    @Test
    void aProbeOverIpv6IsAnsweredByTheHolderAndTheAnswerIsAClaim() throws Exception {
        onFar(far -> far.addresses().add(VethLab.FAR, VirtualAddress.parse("2001:db8::10/64")));

        near.announcer().probe(VethLab.NEAR, VIP6);

        VethLab.awaitEvent(near, new KernelEvent.AddressClaimed(VethLab.NEAR, VIP6, VethLab.FAR_MAC)::equals);
    }

    @Test
    void neitherAProbeOfAnotherHostNorAnAnnouncementOfThisOneIsAClaim() throws Exception {
        near.announcer().announce(VethLab.NEAR, VIP);
        onFar(far -> {
            far.announcer().probe(VethLab.FAR, VIP);
            far.announcer().announce(VethLab.FAR, IpAddress.parse("198.18.0.99"));
        });

        List<KernelEvent> events = VethLab.awaitEvent(near, KernelEvent.AddressClaimed.class::isInstance);
        events.addAll(VethLab.eventsNow(near));

        assertThat(events)
                .filteredOn(KernelEvent.AddressClaimed.class::isInstance)
                .containsOnly(
                        new KernelEvent.AddressClaimed(VethLab.NEAR, IpAddress.parse("198.18.0.99"), VethLab.FAR_MAC));
    }

    @Test
    void anAnnouncementFromAnotherInterfaceOfThisHostIsNoClaim() throws Exception {
        NetworkNamespace.ip("link", "add", "other0", "type", "veth", "peer", "name", "other1");
        try {
            NetworkNamespace.ip("link", "set", "other0", "address", VethLab.FAR_MAC.toString());
            VethLab.awaitEvent(near, new KernelEvent.LinkChanged(new InterfaceName("other0"))::equals);
            onFar(far -> far.announcer().announce(VethLab.FAR, VIP));
            NetworkNamespace.ip("link", "set", "near0", "mtu", "1400");

            assertThat(VethLab.awaitEvent(near, new KernelEvent.LinkChanged(VethLab.NEAR)::equals))
                    .doesNotContain(CLAIM_OF_FAR);
            assertThat(VethLab.eventsNow(near)).doesNotContain(CLAIM_OF_FAR);
        } finally {
            NetworkNamespace.ip("link", "delete", "other0");
        }
    }

    @Test
    void claimsAreHeardAgainAfterTheInterfaceWasDown() throws Exception {
        NetworkNamespace.ip("link", "set", "near0", "down");
        NetworkNamespace.ip("link", "set", "near0", "up");
        lab.awaitBothUp();
        VethLab.eventsNow(near);

        onFar(far -> far.announcer().announce(VethLab.FAR, VIP));

        VethLab.awaitEvent(near, CLAIM_OF_FAR::equals);
    }

    @Test
    void whatIsNotArpForIpv4OverEthernetIsLeftToItself() throws Exception {
        lab.far().call(() -> {
            try (KernelSocket raw = KernelSocket.open(
                            "raw packets", SocketConstants.AF_PACKET, SocketConstants.SOCK_RAW, 0, 2048);
                    NetlinkSocket netlink = NetlinkSocket.open()) {
                int index = new NetlinkLinkTable(netlink)
                        .require(VethLab.FAR, "look up")
                        .index();
                byte[] destination = SocketAddresses.packet(index, SocketConstants.ETH_P_ARP);
                for (String head : List.of(
                        "0006080006040001", "000186dd06040001", "0001080008040001", "0001080006100001", "00010800")) {
                    byte[] frame = HexFormat.of()
                            .parseHex("ffffffffffff" + "020000000002" + "0806" + head + "020000000002c612000b");
                    LinuxCalls.check(raw.send(frame, destination), "send");
                }
            }
            return "sent";
        });
        onFar(far -> far.announcer().announce(VethLab.FAR, VIP));

        assertThat(VethLab.awaitEvent(near, CLAIM_OF_FAR::equals))
                .filteredOn(KernelEvent.AddressClaimed.class::isInstance)
                .containsOnly(CLAIM_OF_FAR);
    }

    @Test
    void anAnnouncementThatCannotBeMadeSaysWhy() {
        assertThatExceptionOfType(KernelException.class)
                .isThrownBy(() -> near.announcer().announce(new InterfaceName("gone0"), VIP))
                .withMessage("announce 198.18.0.10 on gone0: no such device (errno 19)");
        assertThatExceptionOfType(KernelException.class)
                .isThrownBy(() -> near.announcer().announce(new InterfaceName("lo"), VIP))
                .withMessage("announce 198.18.0.10 on lo: hardware type 772 (expected: Ethernet, 1):"
                        + " address family not supported (errno 97)");
        NetworkNamespace.ip("link", "set", "near0", "down");
        assertThatExceptionOfType(KernelException.class)
                .isThrownBy(() -> near.announcer().announce(VethLab.NEAR, VIP))
                .withMessage("announce 198.18.0.10 on near0: network is down (errno 100)");
    }
}
