// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import static io.mainstay.config.ConfigFileTest.problems;
import static io.mainstay.config.ConfigFileTest.valid;
import static io.mainstay.config.ConfigFileTest.warnings;
import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpFamily;
import io.mainstay.net.VirtualRouterId;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What must hold between keys. */
class ConfigChecksTest {

    private static String routers(String... entries) {
        return "virtual_routers:\n  - {" + String.join("}\n  - {", entries) + "}\n";
    }

    private static String service(String listen, String more) {
        return routers("interface: eth0, vrid: 51, addresses: [198.51.100.10/24]") + "services:\n  - listen: [" + listen
                + "]\n    backends: [{address: \"10.0.0.11:80\"}]\n" + more;
    }

    @Test
    void twoVirtualRoutersOnOneInterfaceNeedTwoVrids() {
        assertThat(problems(routers(
                        "interface: eth0, vrid: 51, addresses: [198.51.100.10/24]",
                        "interface: eth1, vrid: 51, addresses: [198.51.100.11/24]",
                        "name: c, interface: eth0, vrid: 51, addresses: [198.51.100.12/24]")))
                .containsExactly("f.yaml:4:38 virtual_routers[2].vrid: 51"
                        + " (expected: a VRID of its own for IPv4 on eth0; virtual_routers[0] has this one)");
    }

    @Test
    void eachVirtualMacNeedsAnInterfaceOfItsOwn() {
        String first = "interface: eth0, vrid: 51, addresses: [198.51.100.10/24], virtual_mac: true";
        assertThat(problems(
                        routers(first, "interface: eth1, vrid: 51, addresses: [198.51.100.11/24], virtual_mac: true")))
                .containsExactly("f.yaml:3:77 virtual_routers[1].virtual_mac: true gives an interface vrrp4-51, which"
                        + " virtual_routers[0] has (expected: another virtual_mac_prefix in one of them)");
        assertThat(valid(routers(
                                first,
                                "interface: eth1, vrid: 51, addresses: [198.51.100.11/24], virtual_mac: true,"
                                        + " virtual_mac_prefix: wan"))
                        .virtualRouters()
                        .get(1)
                        .virtualMac()
                        .orElseThrow()
                        .interfaceName(IpFamily.IPV4, new VirtualRouterId(51)))
                .isEqualTo(new InterfaceName("wan4-51"));
    }

    @Test
    void anOwnerHasNoVirtualMac() {
        assertThat(problems(routers(
                        "interface: eth0, vrid: 51, priority: 255, addresses: [198.51.100.10/24], virtual_mac: true")))
                .singleElement()
                .asString()
                .contains("virtual_mac: true (expected: false with priority: 255");
    }

    @Test
    void aVirtualRouterDoesNotAdvertiseOnAnInterfaceThatIsMadeForAVirtualMac() {
        assertThat(problems(routers(
                        "interface: eth0, vrid: 51, addresses: [198.51.100.10/24], virtual_mac: true",
                        "interface: vrrp4-51, vrid: 52, addresses: [198.51.100.11/24]")))
                .singleElement()
                .asString()
                .contains("interface: vrrp4-51 (expected: an interface of the host;");
    }

    @Test
    void thePrefixOfAVirtualMacIsShortAndOfUseWithOneAlone() {
        assertThat(problems(routers(
                        "interface: eth0, vrid: 51, addresses: [198.51.100.10/24], virtual_mac_prefix: elevenchars")))
                .singleElement()
                .asString()
                .contains("virtual_mac_prefix: elevenchars (expected: 1..10 letters");
        assertThat(warnings(
                        routers("interface: eth0, vrid: 51, addresses: [198.51.100.10/24], virtual_mac_prefix: lan")))
                .singleElement()
                .asString()
                .contains("virtual_mac_prefix: has no effect: virtual_mac is false");
    }

    @Test
    void aNameIsGivenOnceEvenIfItWasDerived() {
        assertThat(problems(routers(
                        "interface: eth0, vrid: 51, addresses: [198.51.100.10/24]",
                        "name: eth0-51, interface: eth1, vrid: 51, addresses: [198.51.100.11/24]")))
                .containsExactly("f.yaml:3:12 virtual_routers[1].name: eth0-51"
                        + " (expected: a name of its own; virtual_routers[0] has this one)");
    }

    @Test
    void anAddressIsHeldByOneVirtualRouterOnce() {
        assertThat(problems(routers("interface: eth0, vrid: 51, addresses: [198.51.100.10/24, 198.51.100.10/32]")))
                .containsExactly("f.yaml:2:63 virtual_routers[0].addresses[1]: 198.51.100.10/32"
                        + " (expected: each address once; virtual_routers[0].addresses[0] has this one)");
    }

    @Test
    void theAddressOfANetworkIsNoVirtualAddress() {
        assertThat(problems(routers(
                        "interface: eth0, vrid: 51, addresses: [198.51.100.0/24, 198.51.100.255/24, 198.51.100.4/31,"
                                + " 198.51.101.0/32]")))
                .containsExactly(
                        "f.yaml:2:45 virtual_routers[0].addresses[0]: 198.51.100.0/24"
                                + " (expected: the address of a host; this is the network address of its /24)",
                        "f.yaml:2:62 virtual_routers[0].addresses[1]: 198.51.100.255/24"
                                + " (expected: the address of a host; this is the broadcast address of its /24)");
    }

    @Test
    void version2KnowsWholeSecondsOnly() {
        String router = "interface: eth0, vrid: 51, addresses: [198.51.100.10/24], version: 2, ";
        assertThat(problems(routers(router + "advertisement_interval: 2s, password: \"1111\"")))
                .isEmpty();
        assertThat(problems(routers(router + "advertisement_interval: 100ms")))
                .containsExactly("f.yaml:2:100 virtual_routers[0].advertisement_interval: 100ms"
                        + " (expected: whole seconds with version: 2, such as 1s; shorter ones need version: 3)");
        assertThat(warnings(routers(router + "checksum: rfc9568")))
                .containsExactly("f.yaml:2:86 virtual_routers[0].checksum: has no effect: version 2 has one form only");
    }

    @Test
    void version2KnowsIpv4Only() {
        assertThat(problems(routers(
                        "interface: eth0, vrid: 51, addresses: [198.51.100.10/24, \"2001:db8::1/64\"], version: 2")))
                .containsExactly("f.yaml:2:63 virtual_routers[0].addresses[1]: 2001:db8::1/64"
                        + " (expected: IPv4 with version: 2; IPv6 needs version: 3)");
    }

    @Test
    void eachFamilyHasItsOwnNumbers() {
        String ipv4 = "name: a, interface: eth0, vrid: 51, addresses: [198.51.100.10/24]";
        String ipv6 = "name: b, interface: eth0, vrid: 51, addresses: [\"2001:db8::1/64\"]";
        String both = "name: c, interface: eth0, vrid: 51, addresses: [198.51.100.11/24, \"2001:db8::2/64\"]";
        assertThat(problems(routers(ipv4, ipv6))).isEmpty();
        assertThat(problems(routers(ipv6, both)))
                .containsExactly("f.yaml:3:38 virtual_routers[1].vrid: 51"
                        + " (expected: a VRID of its own for IPv6 on eth0; virtual_routers[0] has this one)");
    }

    @Test
    void unicastPeersAreHostsOfEachFamily() {
        String both = "interface: eth0, vrid: 51, addresses: [198.51.100.10/24, \"2001:db8::1/64\"], unicast_peers: ";
        assertThat(problems(routers(both + "[198.51.100.2, \"2001:db8::2\"]"))).isEmpty();
        assertThat(problems(routers(both + "[198.51.100.2]")))
                .containsExactly("f.yaml:2:97 virtual_routers[0].unicast_peers: no IPv6 address"
                        + " (expected: peers of each family that the addresses have)");
        assertThat(problems(
                        routers(both + "[198.51.100.2, 198.51.100.2, \"2001:db8::1\", \"fe80::2\", \"2001:db8::3\"]")))
                .containsExactly(
                        "f.yaml:2:112 virtual_routers[0].unicast_peers[1]: 198.51.100.2 (expected: each peer once)",
                        "f.yaml:2:126 virtual_routers[0].unicast_peers[2]: 2001:db8::1"
                                + " (expected: an address that stays with its node; this one is virtual)",
                        "f.yaml:2:141 virtual_routers[0].unicast_peers[3]: fe80::2"
                                + " (expected: either link-local addresses alone or none, as 2001:db8::1 is)");
        assertThat(problems(routers(both + "[198.51.100.2, \"2001:db8::2\", \"ff02::1\", web2]")))
                .hasSize(2);
        assertThat(warnings(routers("interface: eth0, vrid: 51, addresses: [198.51.100.10/24], unicast_min_ttl: 250")))
                .containsExactly(
                        "f.yaml:2:81 virtual_routers[0].unicast_min_ttl: has no effect: there are no unicast_peers");
    }

    @Test
    void anAdvertisementHasRoomFor255AddressesOfAFamily() {
        String ipv6 = IntStream.rangeClosed(1, 255)
                .mapToObj(i -> "\"2001:db8::" + Integer.toHexString(i) + "/64\"")
                .collect(Collectors.joining(", "));
        String ipv4 = IntStream.rangeClosed(1, 256)
                .mapToObj(i -> "198.18." + i / 250 + "." + (i % 250 + 1) + "/32")
                .collect(Collectors.joining(", "));
        assertThat(problems(routers("interface: eth0, vrid: 51, addresses: [" + ipv6 + "]")))
                .isEmpty();
        assertThat(problems(routers("interface: eth0, vrid: 51, addresses: [" + ipv6 + ", 198.18.0.1/32]")))
                .isEmpty();
        assertThat(problems(routers("interface: eth0, vrid: 51, addresses: [" + ipv4 + "]")))
                .containsExactly("f.yaml:2:44 virtual_routers[0].addresses: 256 of IPv4"
                        + " (expected: at most 255 of a family)");
    }

    @Test
    void aPasswordIsForVersion2AndIsNotRepeated() {
        String router = "interface: eth0, vrid: 51, addresses: [198.51.100.10/24], ";
        assertThat(problems(routers(router + "password: \"1111\"")))
                .containsExactly("f.yaml:2:74 virtual_routers[0].password:"
                        + " given (expected: with version: 2 only; VRRPv3 has no password)");
        assertThat(problems(routers(router + "version: 2, password: hunter2hunter2")))
                .containsExactly("f.yaml:2:86 virtual_routers[0].password: not legal"
                        + " (expected: 1..8 printable ASCII characters, or \"\" for none)");
    }

    @Test
    void preemptionThatCannotHappenIsRemarkedUpon() {
        assertThat(warnings(routers("interface: eth0, vrid: 51, addresses: [198.51.100.10/24], preempt: false,"
                        + " preempt_delay: 5s")))
                .containsExactly("f.yaml:2:95 virtual_routers[0].preempt_delay: has no effect: preempt is false");
        assertThat(warnings(routers(
                        "interface: eth0, vrid: 51, addresses: [198.51.100.10/24], preempt: false, priority: 255")))
                .containsExactly("f.yaml:2:73 virtual_routers[0].preempt: has no effect:"
                        + " priority 255 owns the addresses and always takes over (RFC 9568 §6.1)");
    }

    @Test
    void twoListenersOnOnePortCollideIfEitherTakesAllAddresses() {
        assertThat(problems(service("\"198.51.100.10:80\", \"198.51.100.10:80/tcp\"", "")))
                .containsExactly("f.yaml:4:34 services[0].listen[1]: 198.51.100.10:80/tcp"
                        + " (expected: an address and port of its own; services[0].listen[0] listens on"
                        + " 198.51.100.10:80/tcp)");
        assertThat(problems(service("\"198.51.100.10:80\", \"0.0.0.0:80\"", "")))
                .hasSize(1);
        assertThat(problems(service("\"[::]:80\", \"198.51.100.10:80\"", ""))).hasSize(1);
        assertThat(problems(service("\"198.51.100.10:80\", \"198.51.100.10:81\", \"127.0.0.1:80\"", "")))
                .isEmpty();
    }

    @Test
    void rangesCollideWhereTheyShareAPort() {
        assertThat(problems(service("\"198.51.100.10:80-90/udp\", \"198.51.100.10:90-99/udp\"", "")))
                .containsExactly("f.yaml:4:41 services[0].listen[1]: 198.51.100.10:90-99/udp"
                        + " (expected: an address and port of its own; services[0].listen[0] listens on"
                        + " 198.51.100.10:80-90/udp)");
        assertThat(problems(service("\"198.51.100.10:80-90/udp\", \"198.51.100.10:80-90/tcp\"", "")))
                .isEmpty();
        assertThat(problems(service("\"198.51.100.10:80-90\", \"198.51.100.10:91-99\"", "")))
                .isEmpty();
    }

    @Test
    void aRangeThatGoesBackwardsOrIsTooLongIsRefused() {
        assertThat(problems(service("\"198.51.100.10:90-80/udp\"", ""))).hasSize(1);
        assertThat(problems(service("\"198.51.100.10:1000-2023/udp\"", ""))).isEmpty();
        assertThat(problems(service("\"198.51.100.10:1000-2024/udp\"", ""))).hasSize(1);
    }

    @Test
    void theBackendsOfARangeNeedRoomAboveTheirPort() {
        assertThat(problems(
                        "services: [{listen: \"127.0.0.1:1000-1009\", backends: [{address: \"10.0.0.1:65527\"}]}]\n"))
                .containsExactly("f.yaml:1:65 services[0].backends[0].address: 10.0.0.1:65527"
                        + " (expected: a port of at most 65526, since the service listens on a range of 10)");
        assertThat(problems(
                        "services: [{listen: \"127.0.0.1:1000-1009\", backends: [{address: \"10.0.0.1:65526\"}]}]\n"))
                .isEmpty();
    }

    @Test
    void listenersOfTwoServicesCollideAsWell() {
        assertThat(problems(service(
                        "\"198.51.100.10:80\"",
                        "  - {name: b, listen: \"198.51.100.10:80\"," + " backends: [{address: \"10.0.0.12:80\"}]}\n")))
                .containsExactly("f.yaml:6:23 services[1].listen: 198.51.100.10:80/tcp"
                        + " (expected: an address and port of its own; services[0].listen[0] listens on"
                        + " 198.51.100.10:80/tcp)");
    }

    @Test
    void aListenAddressThatThisNodeWillNeverHaveIsRemarkedUpon() {
        assertThat(warnings(service("\"198.51.100.99:80\"", "")))
                .containsExactly("f.yaml:4:14 services[0].listen[0]: 198.51.100.99 is neither an address of a virtual"
                        + " router of this node nor an address that it has now; no client will arrive there");
        assertThat(warnings(service("\"198.51.100.10:80\", \"127.0.0.1:81\", \"0.0.0.0:82\"", "")))
                .isEmpty();
    }

    @Test
    void aListenAddressOfTheMachineItselfIsGood() {
        HostFacts host = new HostFacts("lb9", ConfigFileTest.HOST.runDirectory(), address -> true, program -> "");
        ConfigResult result = ConfigFile.parse(service("\"198.51.100.99:80\"", ""), "f.yaml", host);
        assertThat(result)
                .isInstanceOfSatisfying(
                        ConfigResult.Valid.class,
                        valid -> assertThat(valid.warnings()).isEmpty());
    }

    @Test
    void aCheckIsOverBeforeTheNextOneStarts() {
        assertThat(problems(service("\"198.51.100.10:80\"", "    health_check: {interval: 3s, timeout: 3s}\n")))
                .containsExactly("f.yaml:6:43 services[0].health_check.timeout: 3s"
                        + " (expected: shorter than the interval of 3s)");
        assertThat(problems(service("\"198.51.100.10:80\"", "    health_check: {interval: 2s}\n")))
                .containsExactly("f.yaml:6:30 services[0].health_check.interval: 2s"
                        + " (expected: longer than the timeout of 3s)");
    }

    @Test
    void keysOfHttpChecksAreRefusedForOtherChecks() {
        assertThat(problems(service("\"198.51.100.10:80\"", "    health_check: {path: /ready}\n")))
                .containsExactly("f.yaml:6:26 services[0].health_check.path: not for type tcp"
                        + " (expected: with type: http or https only)");
    }

    @Test
    void backendsOfAServiceDiffer() {
        String yaml = """
            services:
              - listen: 127.0.0.1:80
                backends:
                  - {name: a, address: "10.0.0.11:80"}
                  - {name: a, address: "10.0.0.12:80"}
                  - {name: c, address: "10.0.0.11:80"}
                  - {name: d, address: "127.0.0.1:80"}
                  - {address: "0.0.0.0:80"}
            """;
        assertThat(problems(yaml))
                .containsExactly(
                        "f.yaml:5:16 services[0].backends[1].name: a (expected: a name of its own within the service;"
                                + " services[0].backends[0] has this one)",
                        "f.yaml:6:28 services[0].backends[2].address: 10.0.0.11:80"
                                + " (expected: each server once in a service; services[0].backends[0] has this one)",
                        "f.yaml:7:28 services[0].backends[3].address: 127.0.0.1:80"
                                + " (expected: a server; this is where the service itself listens)",
                        "f.yaml:8:19 services[0].backends[4].address: 0.0.0.0:80"
                                + " (expected: ADDRESS:PORT or [IPV6]:PORT of a server; names are not looked up)");
    }

    @Test
    void twoServicesMayShareABackend() {
        assertThat(valid(service(
                                "\"198.51.100.10:80\"",
                                "  - {listen: \"198.51.100.10:81\", backends: [{address: \"10.0.0.11:80\"}]}\n"))
                        .services())
                .hasSize(2);
    }

    @Test
    void aServiceThatCanServeNobodyIsRemarkedUpon() {
        assertThat(warnings(service("\"198.51.100.10:80\"", "").replace(":80\"}]", ":80\", weight: 0}]")))
                .containsExactly("f.yaml:5:15 services[0].backends: every weight is 0;"
                        + " the service will refuse every client");
    }

    private static final String SHOP = "  - {name: shop, backends: [{address: \"10.0.0.12:80\"}]}\n";

    private static String routing(String target) {
        return service("\"198.51.100.10:80\"", "    routing: {routes: [{alpn: h2, service: " + target + "}]}\n" + SHOP);
    }

    @Test
    void aServiceThatListensNowhereIsOneToWhichARouteLeads() {
        assertThat(valid(routing("shop")).services()).hasSize(2);
        assertThat(problems(service("\"198.51.100.10:80\"", SHOP)))
                .containsExactly("f.yaml:6:5 services[1].listen: missing (expected: where clients arrive, or a route of"
                        + " another service that leads here by name)");
        assertThat(problems(service("", ""))).hasSize(1);
    }

    @Test
    void aRouteLeadsToAServiceThatIsThere() {
        assertThat(problems(routing("shopp")))
                .contains("f.yaml:6:44 services[0].routing.routes[0].service: shopp (expected: the name of a service)");
    }

    @Test
    void headersWhereThereIsNoTcpAreRemarkedUpon() {
        assertThat(warnings(service("\"198.51.100.10:53/udp\"", "    proxy_protocol: {send: v2}\n")))
                .contains("f.yaml:6:28 services[0].proxy_protocol.send: without effect, because the service has no"
                        + " listener with /tcp");
    }

    @Test
    void aSourceThatNobodyWillSeeIsRemarkedUpon() {
        assertThat(warnings(service("\"198.51.100.10:53/udp\"", "    tcp: {source: client}\n")))
                .contains("f.yaml:6:19 services[0].tcp.source: without effect, because the service has no listener with"
                        + " /tcp");
        assertThat(warnings(service("\"198.51.100.10:53/tcp\"", "    udp: {source: client}\n")))
                .contains("f.yaml:6:19 services[0].udp.source: without effect, because the service has no listener with"
                        + " /udp");
        assertThat(warnings(service("\"[2001:db8::10]:53/udp\"", "    udp: {source: client}\n")))
                .anyMatch(each -> each.matches("f.yaml:6:19 services\\[0\\].udp.source: client, and \\S+ is of another"
                        + " family than every listener; it will see this node"));
        assertThat(warnings(service("\"198.51.100.10:53/udp\"", "    udp: {source: client}\n")))
                .noneMatch(each -> each.contains("udp.source"));
    }

    @Test
    void aNodeWithoutVirtualRoutersIsRemarkedUpon() {
        assertThat(warnings("services: []\n"))
                .containsExactly("f.yaml: no virtual router is configured; this node will claim no address");
    }

    @Test
    void mistakesInOneEntryDoNotHideThoseBetweenEntries() {
        assertThat(problems(routers(
                        "interface: eth0, vrid: 51, addresses: [198.51.100.10/24], priority: 0",
                        "name: b, interface: eth0, vrid: 51, addresses: [198.51.100.10/24]")))
                .hasSize(3);
    }
}
