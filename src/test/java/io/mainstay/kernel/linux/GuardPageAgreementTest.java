// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.kernel.GuardedRouter;
import io.mainstay.kernel.GuardedRouter.GuardedInterface;
import io.mainstay.kernel.PreparedAdvertisement;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.IpFamily;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Ipv6Address;
import io.mainstay.net.VirtualAddress;
import io.mainstay.time.MonotonicInstant;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Java writer and the C reader of the guard page mean the same. */
@Tag("native")
class GuardPageAgreementTest {

    @TempDir
    private Path folder;

    private Path page;
    private SharedPageGuard guard;

    @BeforeEach
    void create() throws Exception {
        page = folder.resolve("page");
        NativeGuardBuild.run(NativeGuardBuild.program("page_dump").toString(), "create", page.toString());
        guard = SharedPageGuard.open(page);
    }

    private List<String> dump() throws Exception {
        return NativeGuardBuild.run(NativeGuardBuild.program("page_dump").toString(), page.toString());
    }

    @Test
    void readerSeesTheRecordsInTheirOrder() throws Exception {
        byte[] message = HexFormat.of().parseHex("313300010064aabbc612000a");
        byte[] advertised = HexFormat.of().parseHex("3133fa010064aabbc612000a");
        guard.holding(List.of(
                new GuardedRouter(
                        9,
                        new InterfaceName("eth0"),
                        2,
                        List.of(VirtualAddress.parse("198.18.0.10/24"), VirtualAddress.parse("2001:db8::10/64")),
                        List.of(
                                new PreparedAdvertisement(new IpDatagram(
                                        IpAddress.parse("198.18.0.1"), Ipv4Address.VRRP_GROUP, 255, advertised)),
                                new PreparedAdvertisement(
                                        65_536 + 2,
                                        new IpDatagram(
                                                IpAddress.parse("198.18.0.1"),
                                                Ipv4Address.VRRP_GROUP,
                                                255,
                                                advertised))),
                        List.of(
                                new IpDatagram(IpAddress.parse("198.18.0.1"), Ipv4Address.VRRP_GROUP, 255, message),
                                new IpDatagram(IpAddress.parse("fe80::1"), Ipv6Address.VRRP_GROUP, 255, message))),
                new GuardedRouter(
                        GuardPageLayout.VOICES,
                        new InterfaceName("a-name-of-15-oc"),
                        4_000_000,
                        List.of(VirtualAddress.parse("198.18.1.1/32")),
                        List.of(new PreparedAdvertisement(new IpDatagram(
                                IpAddress.parse("198.18.0.1"), Ipv4Address.VRRP_GROUP, 255, advertised))),
                        List.of())));

        assertThat(dump().subList(3, 11))
                .containsExactly(
                        "generation 1 complete 7 records",
                        "address 2 eth0 198.18.0.10/24",
                        "address 2 eth0 2001:db8::10/64",
                        "datagram 2 eth0 45c0002000000000ff700000c6120001e0000012" + "313300010064aabbc612000a",
                        "datagram 2 eth0 6c000000000c70ff" + "fe800000000000000000000000000001"
                                + "ff020000000000000000000000000012" + "313300010064aabbc612000a",
                        "address 4000000 a-name-of-15-oc 198.18.1.1/32",
                        "advertisement 9 turn 0 2 eth0 45c0002000000000ff700000c6120001e0000012"
                                + "3133fa010064aabbc612000a",
                        "advertisement 9 turn 3 2 eth0 45c0002000000000ff700000c6120001e0000012"
                                + "3133fa010064aabbc612000a");
    }

    @Test
    void readerSeesVirtualInterfacesInPlaceOfTheOneBelow() throws Exception {
        byte[] message = HexFormat.of().parseHex("313300010064aabbc612000a");
        IpAddress source = IpAddress.parse("198.18.0.1");
        guard.holding(List.of(new GuardedRouter(
                0,
                new InterfaceName("eth0"),
                2,
                List.of(VirtualAddress.parse("198.18.0.10/24"), VirtualAddress.parse("2001:db8::10/64")),
                List.of(
                        new PreparedAdvertisement(new IpDatagram(source, Ipv4Address.VRRP_GROUP, 255, message)),
                        new PreparedAdvertisement(new IpDatagram(source, IpAddress.parse("198.18.0.2"), 255, message))),
                List.of(new IpDatagram(source, Ipv4Address.VRRP_GROUP, 255, message)),
                List.of(
                        new GuardedInterface(IpFamily.IPV4, new InterfaceName("vrrp4-51"), 7),
                        new GuardedInterface(IpFamily.IPV6, new InterfaceName("vrrp6-51"), 8)))));

        assertThat(dump().subList(3, 11).stream().map(line -> line.replaceFirst(" 45c0.*", "")))
                .containsExactly(
                        "generation 1 complete 7 records",
                        "address 7 vrrp4-51 198.18.0.10/24",
                        "address 8 vrrp6-51 2001:db8::10/64",
                        "datagram 2 eth0",
                        "link 7 vrrp4-51",
                        "link 8 vrrp6-51",
                        "advertisement 0 turn 0 7 vrrp4-51",
                        "advertisement 0 turn 0 2 eth0");
    }

    @Test
    void readerSeesTheListInForceWhateverCameBefore() throws Exception {
        Random random = new Random(20260817);
        for (int generation = 1; generation <= 20; generation++) {
            List<VirtualAddress> addresses = new ArrayList<>();
            for (int i = random.nextInt(50); i > 0; i--) {
                addresses.add(randomAddress(random));
            }
            InterfaceName name = new InterfaceName("g" + random.nextInt(100));
            guard.holding(List.of(new GuardedRouter(0, name, generation, addresses, List.of(), List.of())));

            List<String> expected = new ArrayList<>();
            expected.add("generation " + generation + " complete " + addresses.size() + " records");
            for (VirtualAddress address : addresses) {
                expected.add("address " + generation + " " + name + " " + address);
            }
            List<String> dumped = dump();
            assertThat(dumped.subList(3, dumped.size())).isEqualTo(expected);
        }
    }

    private static VirtualAddress randomAddress(Random random) {
        return random.nextBoolean()
                ? new VirtualAddress(new Ipv4Address(0xC6120000 | random.nextInt(1 << 16)), 1 + random.nextInt(32))
                : new VirtualAddress(
                        new Ipv6Address(0x20010DB8_00000000L | random.nextInt(1 << 16), random.nextLong() | 1L << 63),
                        1 + random.nextInt(128));
    }

    @Test
    void readerSeesWhenToSpeak() throws Exception {
        guard.standInFrom(9, Duration.ofMillis(10), Optional.of(new MonotonicInstant(123_456_789_012L)));
        assertThat(dump()).contains("voice 9 interval 10000000 due 123456789012 spoken 0 at 0");
    }

    @Test
    void readerSeesTheLeaseInItsOwnClock() throws Exception {
        long before = System.nanoTime();
        assertThat(guard.arm(new MonotonicInstant(before))).isTrue();
        List<String> dumped = dump();
        long now = Long.parseLong(dumped.get(0).substring("now ".length()));
        assertThat(now).isBetween(before, System.nanoTime());
        assertThat(dumped.get(1)).isEqualTo("lease " + before);
    }
}
