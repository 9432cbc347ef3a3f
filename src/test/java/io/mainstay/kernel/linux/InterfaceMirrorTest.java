// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.kernel.KernelEvent;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.MacAddress;
import io.mainstay.net.VirtualAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class InterfaceMirrorTest {

    private static final InterfaceName ETH0 = new InterfaceName("eth0");
    private static final InterfaceName ETH1 = new InterfaceName("eth1");
    private static final VirtualAddress A = VirtualAddress.parse("198.18.0.10/24");
    private static final VirtualAddress B = VirtualAddress.parse("198.18.0.11/24");

    private final InterfaceMirror mirror = new InterfaceMirror();

    private static NetlinkMessage link(int type, int index, InterfaceName name, long mac) {
        String nameOctets = HexFormat.of().formatHex(name.value().getBytes(StandardCharsets.US_ASCII));
        return RtnetlinkTest.message(
                type,
                String.format(
                        Locale.ROOT,
                        "00000100%02x00000043100100000000000900030%s00000000" + "0a000100%012x0000",
                        index,
                        "0" + nameOctets,
                        mac));
    }

    private static NetlinkMessage address(int type, int index, VirtualAddress address) {
        return RtnetlinkTest.message(
                type,
                String.format(
                        Locale.ROOT,
                        "02180000%02x00000008000200%s",
                        index,
                        HexFormat.of().formatHex(address.address().octets())));
    }

    private List<KernelEvent> apply(NetlinkMessage... messages) {
        List<KernelEvent> events = new ArrayList<>();
        for (NetlinkMessage message : messages) {
            mirror.apply(message, events::add);
        }
        return events;
    }

    @Test
    void aNewLinkAndEachChangeOfItAreTold() {
        NetlinkMessage eth0 = link(Rtnetlink.RTM_NEWLINK, 2, ETH0, 1);

        assertThat(apply(eth0, eth0))
                .containsExactly(new KernelEvent.LinkChanged(ETH0), new KernelEvent.LinkChanged(ETH0));
    }

    @Test
    void anAddressIsToldUnderTheNameOfItsLinkAndOnceOnly() {
        apply(link(Rtnetlink.RTM_NEWLINK, 2, ETH0, 1));

        assertThat(apply(address(Rtnetlink.RTM_NEWADDR, 2, A), address(Rtnetlink.RTM_NEWADDR, 2, A)))
                .containsExactly(new KernelEvent.AddressAdded(ETH0, A));
        assertThat(apply(address(Rtnetlink.RTM_DELADDR, 2, A)))
                .containsExactly(new KernelEvent.AddressRemoved(ETH0, A));
    }

    @Test
    void aRemovalIsToldEvenOfAnAddressNeverHeardOf() {
        apply(link(Rtnetlink.RTM_NEWLINK, 2, ETH0, 1));

        assertThat(apply(address(Rtnetlink.RTM_DELADDR, 2, A)))
                .containsExactly(new KernelEvent.AddressRemoved(ETH0, A));
    }

    @Test
    void addressesOfAnUnknownLinkArePassedOver() {
        assertThat(apply(address(Rtnetlink.RTM_NEWADDR, 2, A), address(Rtnetlink.RTM_DELADDR, 2, A)))
                .isEmpty();
    }

    @Test
    void aRenamedLinkIsToldUnderBothNamesAndKeepsItsAddresses() {
        apply(link(Rtnetlink.RTM_NEWLINK, 2, ETH0, 1), address(Rtnetlink.RTM_NEWADDR, 2, A));

        assertThat(apply(link(Rtnetlink.RTM_NEWLINK, 2, ETH1, 1)))
                .containsExactly(new KernelEvent.LinkChanged(ETH0), new KernelEvent.LinkChanged(ETH1));
        assertThat(apply(address(Rtnetlink.RTM_NEWADDR, 2, A))).isEmpty();
        assertThat(apply(address(Rtnetlink.RTM_DELADDR, 2, A)))
                .containsExactly(new KernelEvent.AddressRemoved(ETH1, A));
    }

    @Test
    void aLinkThatGoesTakesItsAddressesWithIt() {
        apply(link(Rtnetlink.RTM_NEWLINK, 2, ETH0, 1), address(Rtnetlink.RTM_NEWADDR, 2, A));

        assertThat(apply(link(Rtnetlink.RTM_DELLINK, 2, ETH0, 1)))
                .containsExactly(new KernelEvent.AddressRemoved(ETH0, A), new KernelEvent.LinkChanged(ETH0));
        assertThat(mirror.isOwnMac(new MacAddress(1))).isFalse();
    }

    @Test
    void otherMessagesChangeNothing() {
        assertThat(apply(RtnetlinkTest.message(24, "00".repeat(12)))).isEmpty();
    }

    @Test
    void theMacAddressOfEveryLinkIsOwnAndFollowsItsChanges() {
        apply(link(Rtnetlink.RTM_NEWLINK, 2, ETH0, 1), link(Rtnetlink.RTM_NEWLINK, 3, ETH1, 2));
        assertThat(mirror.isOwnMac(new MacAddress(1))).isTrue();
        assertThat(mirror.isOwnMac(new MacAddress(2))).isTrue();

        apply(link(Rtnetlink.RTM_NEWLINK, 3, ETH1, 3));

        assertThat(mirror.isOwnMac(new MacAddress(2))).isFalse();
        assertThat(mirror.isOwnMac(new MacAddress(3))).isTrue();
    }

    @Test
    void startingAnewTellsEveryLinkAndTheAddressesThatDiffer() {
        InterfaceName eth2 = new InterfaceName("eth2");
        apply(
                link(Rtnetlink.RTM_NEWLINK, 2, ETH0, 1),
                address(Rtnetlink.RTM_NEWADDR, 2, A),
                link(Rtnetlink.RTM_NEWLINK, 3, ETH1, 2),
                address(Rtnetlink.RTM_NEWADDR, 3, A));
        List<KernelEvent> events = new ArrayList<>();

        mirror.replaceAll(
                List.of(
                        new LinkMessage(2, ETH0, 1, 0, new MacAddress(1), 1500),
                        new LinkMessage(4, eth2, 1, 0, new MacAddress(4), 1500)),
                List.of(new AddressMessage(2, B, 0, 0), new AddressMessage(4, A, 0, 0), new AddressMessage(9, A, 0, 0)),
                events::add);

        assertThat(events)
                .containsExactly(
                        new KernelEvent.LinkChanged(ETH0),
                        new KernelEvent.AddressRemoved(ETH0, A),
                        new KernelEvent.AddressAdded(ETH0, B),
                        new KernelEvent.LinkChanged(ETH1),
                        new KernelEvent.AddressRemoved(ETH1, A),
                        new KernelEvent.LinkChanged(eth2),
                        new KernelEvent.AddressAdded(eth2, A));
        assertThat(apply(address(Rtnetlink.RTM_NEWADDR, 2, B))).isEmpty();
    }
}
