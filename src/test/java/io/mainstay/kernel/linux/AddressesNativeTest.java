// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mainstay.kernel.AddressTable;
import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelEvent;
import io.mainstay.kernel.KernelException;
import io.mainstay.kernel.LinkState;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpFamily;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.VirtualAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Address and link tables against the kernel. */
@Tag("native")
class AddressesNativeTest {

    private static final InterfaceName MISSING = new InterfaceName("gone0");
    private static final VirtualAddress VIP = VirtualAddress.parse("198.18.0.10/24");
    private static final VirtualAddress NODE = VirtualAddress.parse("198.18.0.1/24");

    @RegisterExtension
    private final VethLab lab = new VethLab();

    private LinuxKernel kernel;
    private AddressTable addresses;

    @BeforeEach
    void open() throws KernelException {
        kernel = LinuxKernel.open();
        addresses = kernel.addresses();
    }

    @AfterEach
    void close() {
        kernel.close();
    }

    @Test
    void openingLeavesNoAddressBehind() {
        assertThat(NetworkNamespace.ip("-o", "address", "show")).doesNotContain("192.0.2.1", "2001:db8::1");
    }

    @Test
    void anAddedAddressIsListedAndARemovedOneIsNot() throws KernelException {
        addresses.add(VethLab.NEAR, VIP);
        assertThat(addresses.list(VethLab.NEAR)).contains(VIP, NODE);

        addresses.remove(VethLab.NEAR, VIP);
        assertThat(addresses.list(VethLab.NEAR)).contains(NODE).doesNotContain(VIP);
    }

    @Test
    void anIpv4AddressStandsAsTheKernelShowsItsOwn() throws KernelException {
        addresses.add(VethLab.NEAR, VIP);
        addresses.add(VethLab.NEAR, VirtualAddress.parse("198.18.1.10/32"));

        String shown = NetworkNamespace.ip("-4", "-o", "address", "show", "dev", "near0");
        assertThat(shown)
                .contains("inet 198.18.0.10/24 brd 198.18.0.255 scope global secondary near0")
                .contains("inet 198.18.1.10/32 scope global near0")
                .contains("valid_lft forever");
    }

    @Test
    void anIpv6AddressIsUsableAtOnce() throws KernelException {
        VirtualAddress vip = VirtualAddress.parse("2001:db8::10/64");
        NetworkNamespace.sysctl("net/ipv6/conf/near0/accept_dad", "1");

        addresses.add(VethLab.NEAR, vip);

        assertThat(addresses.list(VethLab.NEAR)).contains(vip);
        assertThat(NetworkNamespace.ip("-6", "-o", "address", "show", "dev", "near0", "to", "2001:db8::10"))
                .contains("inet6 2001:db8::10/64 scope global nodad deprecated")
                .doesNotContain("tentative");
        addresses.remove(VethLab.NEAR, vip);
        assertThat(addresses.list(VethLab.NEAR)).doesNotContain(vip);
    }

    @Test
    void addingTwiceAndRemovingTwiceIsNoError() throws KernelException {
        for (VirtualAddress vip : Set.of(VIP, VirtualAddress.parse("2001:db8::10/64"))) {
            addresses.add(VethLab.NEAR, vip);
            addresses.add(VethLab.NEAR, vip);
            addresses.remove(VethLab.NEAR, vip);
            addresses.remove(VethLab.NEAR, vip);

            assertThat(addresses.list(VethLab.NEAR)).doesNotContain(vip);
        }
    }

    @Test
    void removingAVirtualAddressLeavesTheOthersOfItsSubnet() throws KernelException {
        NetworkNamespace.sysctl("net/ipv4/conf/near0/promote_secondaries", "0");
        NetworkNamespace.sysctl("net/ipv4/conf/all/promote_secondaries", "0");
        VirtualAddress other = VirtualAddress.parse("198.18.0.11/24");
        addresses.add(VethLab.NEAR, VIP);
        addresses.add(VethLab.NEAR, other);

        addresses.remove(VethLab.NEAR, VIP);

        assertThat(addresses.list(VethLab.NEAR)).contains(NODE, other);
    }

    @Test
    void aMissingInterfaceIsNamedWithTheOperation() throws KernelException {
        assertThatExceptionOfType(KernelException.class)
                .isThrownBy(() -> addresses.add(MISSING, VIP))
                .withMessage("add 198.18.0.10/24 to gone0: no such device (errno 19)")
                .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.ENODEV));
        assertThatExceptionOfType(KernelException.class)
                .isThrownBy(() -> addresses.list(MISSING))
                .withMessage("list the addresses of gone0: no such device (errno 19)")
                .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.ENODEV));

        addresses.remove(MISSING, VIP);
    }

    @Test
    void anAddressThatTheKernelRefusesIsReportedWithItsErrno() {
        NetworkNamespace.sysctl("net/ipv6/conf/near0/disable_ipv6", "1");

        assertThatExceptionOfType(KernelException.class)
                .isThrownBy(() -> addresses.add(VethLab.NEAR, VirtualAddress.parse("2001:db8::10/64")))
                .withMessage("add 2001:db8::10/64 to near0: permission denied (errno 13)")
                .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.EACCES));
    }

    @Test
    void theLoopbackInterfaceIsListedWithoutItsLoopbackAddresses() throws KernelException {
        NetworkNamespace.ip("link", "set", "lo", "up");

        assertThat(addresses.list(new InterfaceName("lo"))).isEmpty();
    }

    @Test
    void hundredsOfAddressesAreListedWhole() throws KernelException {
        Set<VirtualAddress> many = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            many.add(new VirtualAddress(new Ipv4Address(0xC613_0000 + i), 32));
        }
        for (VirtualAddress address : many) {
            addresses.add(VethLab.NEAR, address);
        }

        assertThat(addresses.list(VethLab.NEAR)).containsAll(many);
    }

    @Test
    void aLinkIsFoundWithAllThatIsKnownOfIt() throws KernelException {
        NetworkNamespace.ip("link", "set", "near0", "mtu", "1400");

        LinkState link = kernel.links().find(VethLab.NEAR).orElseThrow();

        assertThat(link.index()).isPositive();
        assertThat(link.mac()).isEqualTo(VethLab.NEAR_MAC);
        assertThat(link.mtuOctets()).isEqualTo(1400);
        assertThat(link.isUsable()).isTrue();
        assertThat(ipv4Sources()).containsExactly(VethLab.NEAR_ADDRESS);
    }

    @Test
    void aLinkWithoutCarrierIsUpButNotUsable() throws KernelException {
        lab.far().call(() -> NetworkNamespace.ip("link", "set", "far0", "down"));

        LinkState link = kernel.links().find(VethLab.NEAR).orElseThrow();

        assertThat(link.up()).isTrue();
        assertThat(link.carrier()).isFalse();
        NetworkNamespace.ip("link", "set", "near0", "down");
        assertThat(kernel.links().find(VethLab.NEAR).orElseThrow().up()).isFalse();
    }

    private List<IpAddress> ipv4Sources() throws KernelException {
        return kernel.links().find(VethLab.NEAR).orElseThrow().sources().stream()
                .filter(address -> address.family() == IpFamily.IPV4)
                .toList();
    }

    @Test
    void theLinkLocalAddressIsASourceOnceNoOtherHostCanHaveIt() throws Exception {
        NetworkNamespace.sysctl("net/ipv6/conf/near0/accept_dad", "1");
        NetworkNamespace.ip("address", "flush", "dev", "near0", "scope", "link");
        VethLab.eventsNow(kernel);
        NetworkNamespace.ip("address", "add", "fe80::5/64", "dev", "near0");
        KernelEvent settled = new KernelEvent.AddressAdded(VethLab.NEAR, VirtualAddress.parse("fe80::5/64"));

        assertThat(kernel.links().find(VethLab.NEAR).orElseThrow().sources())
                .doesNotContain(IpAddress.parse("fe80::5"));
        VethLab.awaitEvent(kernel, settled::equals);
        assertThat(kernel.links().find(VethLab.NEAR).orElseThrow().sources()).contains(IpAddress.parse("fe80::5"));
    }

    @Test
    void aVirtualAddressOfTheSameSubnetIsNotThePrimaryOne() throws KernelException {
        addresses.add(VethLab.NEAR, VirtualAddress.parse("198.18.0.0/24"));
        addresses.add(VethLab.NEAR, VIP);

        assertThat(ipv4Sources()).containsExactly(VethLab.NEAR_ADDRESS);
    }

    @Test
    void aLinkWithoutGlobalIpv4AddressHasNoPrimaryOne() throws KernelException {
        NetworkNamespace.ip("address", "flush", "dev", "near0");
        NetworkNamespace.ip("address", "add", "198.18.0.1/24", "dev", "near0", "scope", "link");

        assertThat(ipv4Sources()).isEmpty();
    }

    @Test
    void aMissingLinkIsNotFoundNorIsOneByItsAlternativeName() throws KernelException {
        NetworkNamespace.ip("link", "property", "add", "dev", "near0", "altname", "gone0");

        assertThat(kernel.links().find(MISSING)).isEqualTo(Optional.empty());
    }
}
