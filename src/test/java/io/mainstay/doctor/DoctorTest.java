// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.config.ConfigFile;
import io.mainstay.config.ConfigResult;
import io.mainstay.config.EffectiveConfig;
import io.mainstay.config.HostFacts;
import io.mainstay.config.MainstayConfig;
import io.mainstay.election.wire.Advertisement;
import io.mainstay.election.wire.AdvertisementEncoder;
import io.mainstay.election.wire.ChecksumForm;
import io.mainstay.election.wire.VrrpVersion;
import io.mainstay.kernel.LinkState;
import io.mainstay.net.Endpoint;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.MacAddress;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualAddress;
import io.mainstay.net.VirtualRouterId;
import io.mainstay.observe.ProductVersion;
import io.mainstay.observe.StatusSnapshot;
import io.mainstay.observe.VirtualRouterStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Every check, on a host whose facts the test makes up. */
class DoctorTest implements Host {

    private static final InterfaceName ETH0 = new InterfaceName("eth0");
    private static final IpAddress OURS = IpAddress.parse("198.18.0.1");
    private static final IpAddress PEER = IpAddress.parse("198.18.0.2");
    private static final VirtualAddress VIP = VirtualAddress.parse("198.18.0.100/24");
    private static final IpAddress GROUP = IpAddress.parse("224.0.0.18");
    private static final MacAddress PEER_MAC = new MacAddress(0x02_00_00_00_00_02L);
    private static final MacAddress THIEF = new MacAddress(0x02_00_00_00_00_99L);

    private static final String YAML = """
            node: {name: lb1}
            virtual_routers:
              - {name: web, interface: eth0, vrid: 51, priority: 200, addresses: [198.18.0.100/24]}
            services:
              - name: http
                listen: 198.18.0.100:80
                backends: [{name: a, address: 198.18.0.11:80}, {name: b, address: 198.18.0.12:80}]
            """;

    private static final ProductVersion PROGRAM = new ProductVersion("0.2.0", "abcdef012345", "2026-02-01T00:00:00Z");

    private ProductVersion version = PROGRAM;
    private final Map<String, String> files = new HashMap<>();
    private final Map<String, String> links = new HashMap<>();
    private final Map<String, List<String>> directories = new HashMap<>();
    private final Map<Endpoint, String> refusals = new HashMap<>();
    private final Set<VirtualAddress> addresses = new HashSet<>(Set.of(VirtualAddress.parse("198.18.0.1/24")));
    private final List<IpDatagram> delivered = new ArrayList<>();
    private final List<IpDatagram> seen = new ArrayList<>();
    private final Map<IpAddress, MacAddress> claims = new HashMap<>();
    private final Map<String, String> kernelInterfaces = new HashMap<>();
    private Optional<LinkState> link =
            Optional.of(new LinkState(2, new MacAddress(0x02_00_00_00_00_01L), 1500, true, true, List.of(OURS)));
    private final Map<String, ProgramResult> programs = new HashMap<>();
    private ProgramResult nft = new ProgramResult.Done("{\"nftables\": []}");

    @Override
    public Optional<String> read(String path) {
        return Optional.ofNullable(files.get(path));
    }

    @Override
    public Optional<String> linkTarget(String path) {
        return Optional.ofNullable(links.get(path));
    }

    @Override
    public List<String> list(String path) {
        return directories.getOrDefault(path, List.of());
    }

    @Override
    public ProgramResult run(List<String> words) {
        return words.getFirst().equals("nft")
                ? nft
                : programs.getOrDefault(String.join(" ", words), new ProgramResult.Missing());
    }

    @Override
    public Optional<LinkState> link(InterfaceName name) {
        return link;
    }

    @Override
    public Set<VirtualAddress> addresses(InterfaceName name) {
        return addresses;
    }

    @Override
    public Map<Endpoint, String> refusals(Set<Endpoint> endpoints) {
        return refusals.entrySet().stream()
                .filter(each -> endpoints.contains(each.getKey()))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    private static MainstayConfig config(String yaml) {
        return ((ConfigResult.Valid) ConfigFile.parse(yaml, "f.yaml", HostFacts.ofThisMachine())).config();
    }

    private StatusSnapshot status(VirtualRouterStatus.State state, long sent) {
        VirtualRouterStatus router = new VirtualRouterStatus(
                "web",
                51,
                "eth0",
                state,
                "",
                200,
                200,
                Duration.ofSeconds(1),
                List.of(VIP.toString()),
                null,
                Instant.EPOCH,
                1,
                "",
                false,
                false,
                sent,
                0,
                Duration.ZERO,
                Map.of(),
                List.of(),
                "",
                List.of(),
                List.of());
        return new StatusSnapshot(
                "lb1",
                version,
                EffectiveConfig.hash(config(YAML)),
                Instant.EPOCH,
                Instant.EPOCH,
                List.of(router),
                List.of(),
                new StatusSnapshot.Connections(0, 0),
                Map.of(),
                kernelInterfaces);
    }

    private List<Finding> findings(String yaml, Optional<StatusSnapshot> before, Optional<StatusSnapshot> after) {
        Map<InterfaceName, Heard> heard = Map.of(ETH0, new Heard(Duration.ofSeconds(2), delivered, seen, claims));
        return Doctor.examine(
                new Patient(config(yaml), PROGRAM, this, heard, before, after, after.isPresent() ? "" : "no daemon"));
    }

    private List<Finding> withoutDaemon() {
        return findings(YAML, Optional.empty(), Optional.empty());
    }

    private List<Finding> whileActive() {
        addresses.add(VIP);
        return findings(
                YAML,
                Optional.of(status(VirtualRouterStatus.State.ACTIVE, 10)),
                Optional.of(status(VirtualRouterStatus.State.ACTIVE, 14)));
    }

    private static Finding of(String check, List<Finding> findings) {
        return findings.stream()
                .filter(each -> each.check().equals(check) && each.grade() != Grade.OK)
                .findFirst()
                .or(() -> findings.stream()
                        .filter(each -> each.check().equals(check))
                        .findFirst())
                .orElseThrow();
    }

    private static IpDatagram advertisement(IpAddress source, VrrpVersion version, int priority, IpAddress address) {
        Advertisement advertisement = new Advertisement(
                version, new VirtualRouterId(51), new Priority(priority), Duration.ofSeconds(1), List.of(address));
        byte[] octets = AdvertisementEncoder.encode(advertisement, ChecksumForm.PSEUDO_HEADER, source, GROUP);
        return new IpDatagram(source, GROUP, 255, octets);
    }

    private void hear(IpDatagram datagram) {
        seen.add(datagram);
        delivered.add(datagram);
    }

    private void hearPeer() {
        hear(advertisement(PEER, VrrpVersion.V3, 250, VIP.address()));
        claims.put(PEER, PEER_MAC);
        claims.put(VIP.address(), PEER_MAC);
    }

    @Test
    void aSoundBackupHasNothingThatFailed() {
        hearPeer();
        List<Finding> findings = withoutDaemon();
        assertThat(findings).noneMatch(each -> each.grade() == Grade.FAILED);
        assertThat(of("peers", findings).found()).isEqualTo("198.18.0.2 is Active with priority 250");
        assertThat(of("address", findings).found()).contains("is with 02:00:00:00:00:02, the Active");
        assertThat(of("daemon", findings).grade()).isEqualTo(Grade.WARNING);
    }

    @Test
    void advertisementsThatArriveAndReachNoSocketMeetAFirewall() {
        seen.add(advertisement(PEER, VrrpVersion.V3, 250, VIP.address()));
        assertThat(of("advertisements", withoutDaemon()).found())
                .contains("1 came in in 2.0 s, and none reached a socket");
    }

    @Test
    void advertisementsThatAreSentAndDoNotLeaveMeetOneToo() {
        assertThat(of("advertisements", whileActive()).found()).contains("none leaves the host");
        seen.add(advertisement(OURS, VrrpVersion.V3, 200, VIP.address()));
        assertThat(of("advertisements", whileActive()).grade()).isEqualTo(Grade.OK);
    }

    @Test
    void nobodyHeardIsAWarningOfABackupAlone() {
        assertThat(of("advertisements", withoutDaemon()))
                .matches(each -> each.grade() == Grade.WARNING && each.found().contains("none came in"));
        seen.add(advertisement(OURS, VrrpVersion.V3, 200, VIP.address()));
        assertThat(of("advertisements", whileActive()).found()).contains("as is right while this node is Active");
    }

    @Test
    void aPeerThatIsNoneIsNamedWithWhatToSet() {
        hear(advertisement(PEER, VrrpVersion.V2, 250, VIP.address()));
        assertThat(of("peers", withoutDaemon()))
                .matches(each -> each.grade() == Grade.FAILED
                        && each.found().contains("it speaks VRRPv2 for VRID 51, this node VRRPv3")
                        && each.found().contains("set version: 2 here"));
        seen.clear();
        hear(advertisement(PEER, VrrpVersion.V3, 250, IpAddress.parse("198.18.0.7")));
        assertThat(of("peers", withoutDaemon()).found()).contains("it uses VRID 51 for [198.18.0.7]");
    }

    @Test
    void twoThatAreActiveAndTwoOfOnePriorityAreNamed() {
        hear(advertisement(PEER, VrrpVersion.V3, 100, VIP.address()));
        assertThat(of("peers", whileActive()).found())
                .isEqualTo("more than one router is Active: [198.18.0.2] and this node");
        seen.clear();
        hear(advertisement(PEER, VrrpVersion.V3, 200, VIP.address()));
        assertThat(of("peers", withoutDaemon()).found()).contains("the same priority as this node");
        hear(advertisement(PEER, VrrpVersion.V3, 0, VIP.address()));
        assertThat(of("peers", withoutDaemon()).grade()).as("it has resigned").isEqualTo(Grade.SKIPPED);
    }

    @Test
    void anAddressThatWasLeftUnderAnotherPrefixLengthIsNamed() {
        addresses.add(VirtualAddress.parse("198.18.0.100/32"));
        assertThat(of("address", withoutDaemon()))
                .matches(each -> each.grade() == Grade.WARNING)
                .matches(each ->
                        each.found().equals("stands on this node as 198.18.0.100/32, whose daemon does not answer"));
    }

    @Test
    void anAddressThatIsSomebodyElsesIsNamed() {
        claims.put(VIP.address(), THIEF);
        assertThat(of("address", withoutDaemon()))
                .matches(each -> each.grade() == Grade.FAILED && each.found().contains(THIEF.toString()));
        assertThat(of("address", whileActive()).found()).contains("and " + THIEF + " says that it is his");
        claims.clear();
        assertThat(of("address", whileActive()).grade()).isEqualTo(Grade.OK);
        assertThat(of("address", withoutDaemon()).found())
                .contains("stands on this node, whose daemon does not answer");
    }

    @Test
    void anInterfaceThatCannotBeUsedIsNamed() {
        assertThat(of("interface", withoutDaemon()).found()).isEqualTo("up, with carrier, advertises from 198.18.0.1");
        link = link.map(up -> new LinkState(2, up.mac(), 1500, true, true, List.of(VIP.address())));
        assertThat(of("interface", withoutDaemon()).found()).contains("has no IPv4 address of its own");
        link = link.map(up -> new LinkState(2, up.mac(), 1500, true, false, List.of()));
        assertThat(of("interface", withoutDaemon()).found()).contains("has no carrier");
        link = Optional.empty();
        assertThat(of("interface", withoutDaemon()).found()).contains("is not there");
    }

    @Test
    void aFirewallIsAskedForEachFamilyAndPeer() {
        nft = new ProgramResult.Done("{\"nftables\": [{\"chain\": {\"family\": \"inet\", \"table\": \"filter\","
                + " \"name\": \"input\", \"hook\": \"input\", \"policy\": \"drop\"}}]}");
        assertThat(of("firewall", withoutDaemon()).found())
                .contains("drops advertisements coming in: the policy of chain input of table inet filter")
                .contains("this node hears no Active");
        String unicast = YAML.replace("priority: 200,", "priority: 200, unicast_peers: [198.18.0.2],");
        assertThat(of("firewall", findings(unicast, Optional.empty(), Optional.empty()))
                        .found())
                .contains("drops advertisements coming in from 198.18.0.2");
        nft = new ProgramResult.Done("no json");
        assertThat(of("firewall", withoutDaemon()).grade()).isEqualTo(Grade.SKIPPED);
        nft = new ProgramResult.Failed("Operation not permitted");
        assertThat(of("firewall", withoutDaemon()).found()).contains("cannot be listed: Operation not permitted");
    }

    @Test
    void theTablesOfIptablesNftAreReadAsIptablesTellsThem() {
        nft = new ProgramResult.Done("{\"nftables\": [{\"chain\": {\"family\": \"ip\", \"table\": \"filter\","
                + " \"name\": \"INPUT\", \"hook\": \"input\", \"policy\": \"accept\"}}, {\"rule\": {\"family\": \"ip\","
                + " \"table\": \"filter\", \"chain\": \"INPUT\", \"handle\": 4, \"expr\": [{\"xt\": null}]}}]}");
        assertThat(of("firewall", withoutDaemon()).found()).contains("nftables may drop advertisements coming in");
        programs.put("iptables-nft-save", new ProgramResult.Done("""
                        *filter
                        :INPUT ACCEPT [0:0]
                        :OUTPUT ACCEPT [0:0]
                        -A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
                        -A INPUT -j REJECT --reject-with icmp-host-prohibited
                        COMMIT
                        """));
        Finding found = of("firewall", withoutDaemon());
        assertThat(found.grade()).isEqualTo(Grade.FAILED);
        assertThat(found.found())
                .contains("iptables drops advertisements coming in: the rule \"-A INPUT -j REJECT --reject-with");
        assertThat(found.advice()).contains("iptables -I INPUT -i eth0 -p 112 -j ACCEPT");
        assertThat(withoutDaemon()).noneMatch(each -> each.found().contains("nftables may drop"));
    }

    @Test
    void settingsOfTheKernelCountOfTheInterfaceAndOfAll() {
        assertThat(of("sysctl", withoutDaemon()).grade()).isEqualTo(Grade.OK);
        files.put("/proc/sys/net/ipv4/conf/all/rp_filter", "1\n");
        assertThat(of("sysctl", withoutDaemon()).grade()).as("nothing is lost").isEqualTo(Grade.OK);
        seen.add(advertisement(PEER, VrrpVersion.V3, 250, VIP.address()));
        assertThat(of("sysctl", withoutDaemon()).found()).contains("rp_filter is strict");
        files.put("/proc/sys/net/ipv4/conf/eth0/rp_filter", "2\n");
        assertThat(of("sysctl", withoutDaemon()).grade()).isEqualTo(Grade.OK);
        files.put("/proc/sys/net/ipv4/conf/eth0/arp_ignore", "8\n");
        assertThat(of("sysctl", withoutDaemon()).grade()).isEqualTo(Grade.FAILED);
    }

    private void daemonRuns(String capabilities, int policy, String openFiles) {
        directories.put("/proc", List.of("1", "77", "self"));
        files.put("/proc/77/cmdline", "/usr/lib/mainstay/runtime/bin/java\0-cp\0x\0io.mainstay.node.Mainstayd\0");
        files.put("/proc/77/status", "Name:\tjava\nCapEff:\t" + capabilities + "\n");
        files.put("/proc/77/limits", "Max open files            " + openFiles + "     524288      files\n");
        directories.put("/proc/77/task", List.of("77", "80"));
        files.put("/proc/77/task/80/comm", "election\n");
        String middle = "0 ".repeat(37);
        files.put("/proc/77/task/80/stat", "80 (el) ection) S " + middle + policy + " 0 0\n");
    }

    @Test
    void rightsSchedulingAndLimitsAreThoseOfTheDaemon() {
        daemonRuns("000001ffffffffff", 1, "1048576");
        List<Finding> good = withoutDaemon();
        assertThat(of("capabilities", good).grade()).isEqualTo(Grade.OK);
        assertThat(of("scheduling", good).grade()).isEqualTo(Grade.OK);
        assertThat(of("open files", good).grade()).isEqualTo(Grade.OK);
        daemonRuns("0000000000001000", 0, "1024");
        List<Finding> bad = withoutDaemon();
        assertThat(of("capabilities", bad).found()).isEqualTo("the daemon lacks CAP_NET_RAW");
        assertThat(of("capabilities", bad).grade()).isEqualTo(Grade.FAILED);
        assertThat(of("scheduling", bad).found()).contains("is an ordinary one");
        assertThat(of("open files", bad).grade()).isEqualTo(Grade.WARNING);
    }

    @Test
    void sessionsOfDatagramsNeedAPortEach() {
        assertThat(withoutDaemon()).noneMatch(each -> each.check().equals("udp sessions"));
        String dns = YAML + """
              - name: dns
                listen: 198.18.0.100:53/udp
                health_check: {type: dns, query: example.org}
                backends: [{name: a, address: 198.18.0.11:53}]
            """;
        assertThat(sessions(dns).grade()).isEqualTo(Grade.SKIPPED);
        files.put("/proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n");
        assertThat(sessions(dns).found()).isEqualTo("there are 28232 local ports for them");
        assertThat(sessions(dns).grade()).isEqualTo(Grade.OK);
        files.put("/proc/sys/net/ipv4/ip_local_reserved_ports", "8080,60000-60999\n");
        assertThat(sessions(dns).found()).isEqualTo("there are 27232 local ports for them");
        files.remove("/proc/sys/net/ipv4/ip_local_reserved_ports");
        String limited = dns + "    limits: {connections: 30000}\n";
        assertThat(sessions(limited).found()).isEqualTo("30000 are allowed, and there are only 28232 local ports");
        assertThat(sessions(limited).grade()).isEqualTo(Grade.WARNING);
        assertThat(sessions(limited.replace("{name: lb1}", "{name: lb1, max_connections: 20000}"))
                        .grade())
                .isEqualTo(Grade.OK);
        assertThat(sessions(dns.replace("{name: lb1}", "{name: lb1, max_connections: 50000}"))
                        .grade())
                .isEqualTo(Grade.WARNING);
    }

    private Finding sessions(String yaml) {
        return of("udp sessions", findings(yaml, Optional.empty(), Optional.empty()));
    }

    @Test
    void backendsThatSeeTheirClientsNeedAWayBack() {
        assertThat(withoutDaemon()).noneMatch(each -> each.check().equals("client routes"));
        String dns = YAML + """
              - name: dns
                listen: 198.18.0.100:53/udp
                udp: {source: client}
                health_check: {type: dns, query: example.org}
                backends: [{name: a, address: 198.18.0.11:53}]
            """;
        files.put("/proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n");
        List<Finding> findings = findings(dns, Optional.empty(), Optional.empty());
        assertThat(findings)
                .as("they take no port")
                .noneMatch(each -> each.check().equals("udp sessions"));
        assertThat(of("client routes", findings).grade()).isEqualTo(Grade.SKIPPED);
        String ordinary = "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n";
        programs.put("ip -4 rule show", new ProgramResult.Done(ordinary));
        assertThat(clientRoutes(dns).grade()).isEqualTo(Grade.WARNING);
        assertThat(clientRoutes(dns).found()).startsWith("no rule leads to a table of its own; ");
        programs.put("ip -4 rule show", new ProgramResult.Done(ordinary + "32765:\tfrom all fwmark 0x1 lookup 100\n"));
        programs.put("ip -4 route show table 100 type local", new ProgramResult.Done("local 198.18.0.9 dev lo\n"));
        assertThat(clientRoutes(dns).grade()).isEqualTo(Grade.WARNING);
        assertThat(clientRoutes(dns).found()).contains("as none is in 100; ");
        programs.put(
                "ip -4 route show table 100 type local", new ProgramResult.Done("local default dev lo scope host \n"));
        assertThat(clientRoutes(dns).grade()).isEqualTo(Grade.OK);
        assertThat(clientRoutes(dns).subject()).isEqualTo("IPv4");
    }

    private Finding clientRoutes(String yaml) {
        return of("client routes", findings(yaml, Optional.empty(), Optional.empty()));
    }

    @Test
    void aDaemonOfAnotherNetworkIsNotThisOne() {
        daemonRuns("0000000000001000", 0, "1024");
        links.put("/proc/self/ns/net", "net:[1]");
        links.put("/proc/77/ns/net", "net:[2]");
        assertThat(of("scheduling", withoutDaemon()).found()).isEqualTo("no daemon runs here");
        assertThat(of("open files", withoutDaemon()).found()).isEqualTo("no daemon runs here");
        assertThat(of("capabilities", withoutDaemon()).found()).doesNotContain("the daemon");
        links.put("/proc/77/ns/net", "net:[1]");
        assertThat(of("capabilities", withoutDaemon()).found()).isEqualTo("the daemon lacks CAP_NET_RAW");
        links.remove("/proc/77/ns/net");
        assertThat(of("capabilities", withoutDaemon()).found())
                .as("nobody else may look")
                .isEqualTo("the daemon lacks CAP_NET_RAW");
    }

    @Test
    void backendsThatCannotBeReachedAreNamed() {
        assertThat(of("backends", withoutDaemon()).grade()).isEqualTo(Grade.OK);
        refusals.put(Endpoint.parse("198.18.0.11:80"), "Connection refused");
        assertThat(of("backends", withoutDaemon()))
                .matches(each -> each.grade() == Grade.WARNING
                        && each.found().equals("1 of 2 cannot be connected to: a 198.18.0.11:80: Connection refused"));
        refusals.put(Endpoint.parse("198.18.0.12:80"), "No route to host");
        assertThat(of("backends", withoutDaemon()).grade()).isEqualTo(Grade.FAILED);
    }

    @Test
    void whatTheKernelEngineNeedsIsAskedOfTheKernel() {
        String kernel = YAML.replace("listen: 198.18.0.100:80", "listen: 198.18.0.100:80\n    engine: kernel");
        assertThat(of("engine", findings(kernel, Optional.empty(), Optional.empty()))
                        .grade())
                .as("nobody could be asked")
                .isEqualTo(Grade.SKIPPED);
        programs.put("mainstay-bpf features", new ProgramResult.Done("one: yes\ntwo: no\nthree: no\n"));
        assertThat(of("engine", findings(kernel, Optional.empty(), Optional.empty())))
                .matches(each -> each.grade() == Grade.WARNING
                        && each.found()
                                .equals("asks for the kernel engine, and the kernel lacks two, three: the proxy engine"
                                        + " will forward it"));
        programs.put("mainstay-bpf features", new ProgramResult.Done("one: yes\ntwo: yes\n"));
        assertThat(of("engine", findings(kernel, Optional.empty(), Optional.empty()))
                        .grade())
                .isEqualTo(Grade.OK);
    }

    @Test
    void portsThatTheHostTakesForItselfAreNoneForTheKernelEngine() {
        String kernel = YAML.replace("listen: 198.18.0.100:80", "listen: 198.18.0.100:80\n    engine: kernel");
        files.put("/proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n");
        assertThat(of("source_ports", findings(kernel, Optional.empty(), Optional.empty()))
                        .grade())
                .isEqualTo(Grade.OK);
        files.put("/proc/sys/net/ipv4/ip_local_port_range", "32000\t65535\n");
        assertThat(of("source_ports", findings(kernel, Optional.empty(), Optional.empty())))
                .matches(each -> each.grade() == Grade.WARNING
                        && each.found().startsWith("this host takes 768 of the ports 10240-32767")
                        && each.found().contains("sends for http,"));
        for (String others : List.of(
                YAML,
                kernel + "kernel_engine: {source_ports: 20000-29999}\n",
                kernel.replace("engine: kernel", "engine: kernel\n    forwarding: dsr"),
                kernel.replace("engine: kernel", "engine: proxy") + "kernel_engine: {secret: shared}\n")) {
            assertThat(findings(others, Optional.empty(), Optional.empty()))
                    .noneMatch(each -> each.check().equals("source_ports") && each.grade() != Grade.OK);
        }
        assertThat(of(
                                "source_ports",
                                findings(
                                        YAML + "kernel_engine: {secret: shared}\n", Optional.empty(), Optional.empty()))
                        .grade())
                .isEqualTo(Grade.WARNING);
        files.put("/proc/sys/net/ipv4/ip_local_reserved_ports", "8080,32000-32766\n");
        assertThat(of("source_ports", findings(kernel, Optional.empty(), Optional.empty()))
                        .found())
                .startsWith("this host takes 1 of the ports 10240-32767,");
        files.put("/proc/sys/net/ipv4/ip_local_reserved_ports", "8080,32000-32767\n");
        assertThat(of("source_ports", findings(kernel, Optional.empty(), Optional.empty()))
                        .grade())
                .isEqualTo(Grade.OK);
    }

    @Test
    void xdpIsMissedWhereItWasAskedForByName() {
        kernelInterfaces.put("eth0", "tc: the driver has none");
        Optional<StatusSnapshot> without = Optional.of(status(VirtualRouterStatus.State.BACKUP, 0));
        String asked = YAML + "kernel_engine: {xdp: native}\n";
        assertThat(of("xdp", findings(asked, without, without)))
                .matches(each -> each.grade() == Grade.WARNING
                        && each.found().equals("is to forward by XDP, and does by tc: the driver has none"));
        assertThat(of("xdp", findings(asked.replace("native", "auto"), without, without))
                        .grade())
                .isEqualTo(Grade.OK);
        assertThat(findings(YAML, without, without))
                .noneMatch(each -> each.check().equals("xdp"));
        kernelInterfaces.put("eth0", "tc and XDP");
        Optional<StatusSnapshot> with = Optional.of(status(VirtualRouterStatus.State.BACKUP, 0));
        assertThat(of("xdp", findings(asked, with, with)).grade()).isEqualTo(Grade.OK);
    }

    @Test
    void aDaemonThatRunsAnotherConfigurationIsNamed() {
        assertThat(of("daemon", whileActive()).grade()).isEqualTo(Grade.OK);
        Optional<StatusSnapshot> status = Optional.of(status(VirtualRouterStatus.State.ACTIVE, 10));
        assertThat(of("daemon", findings(YAML.replace("priority: 200", "priority: 199"), status, status))
                        .found())
                .contains("not the one looked at");
    }

    @Test
    void aDaemonOfAnotherVersionIsToBeRestarted() {
        version = new ProductVersion("0.1.9", "0123456789ab", "2026-03-01T00:00:00Z");
        Finding older = of("daemon", whileActive());
        assertThat(older.grade()).isEqualTo(Grade.WARNING);
        assertThat(older.found())
                .isEqualTo(
                        "answers, version 0.1.9 (commit 0123456789ab of 2026-03-01T00:00:00Z), older than this program,"
                                + " 0.2.0 (commit abcdef012345 of 2026-02-01T00:00:00Z): it was not restarted when that was"
                                + " installed");
        assertThat(older.advice()).startsWith("mainstay config check && systemctl restart mainstay");
        version = new ProductVersion("0.2.1", "unknown", "unknown");
        assertThat(of("daemon", whileActive()).found()).startsWith("answers, version 0.2.1, newer than this program");
        version = new ProductVersion("0.2.0", "unknown", "unknown");
        assertThat(of("daemon", whileActive()).found()).contains("another build than this program");
    }

    @Test
    void aFaultCountsWheneverItWasSeen() {
        Optional<StatusSnapshot> fault = Optional.of(status(VirtualRouterStatus.State.FAULT, 0));
        Optional<StatusSnapshot> backup = Optional.of(status(VirtualRouterStatus.State.BACKUP, 0));
        assertThat(of("virtual router", findings(YAML, fault, backup)).grade()).isEqualTo(Grade.FAILED);
        assertThat(of("virtual router", findings(YAML, backup, fault)).grade()).isEqualTo(Grade.FAILED);
        assertThat(of("virtual router", findings(YAML, backup, backup)).grade()).isEqualTo(Grade.OK);
        assertThat(withoutDaemon()).noneMatch(each -> each.check().equals("virtual router"));
    }

    @Test
    void aSlowClockIsNamed() {
        files.put("/sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n");
        assertThat(of("clock", withoutDaemon()).found()).contains("hpet, which is slow to read");
    }
}
