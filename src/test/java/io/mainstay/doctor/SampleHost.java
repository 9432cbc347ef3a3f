// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

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

/** A host whose facts a test makes up, and what the doctor finds there. */
abstract class SampleHost implements Host {

    static final InterfaceName ETH0 = new InterfaceName("eth0");
    static final IpAddress OURS = IpAddress.parse("198.18.0.1");
    static final IpAddress PEER = IpAddress.parse("198.18.0.2");
    static final VirtualAddress VIP = VirtualAddress.parse("198.18.0.100/24");
    static final IpAddress GROUP = IpAddress.parse("224.0.0.18");
    static final MacAddress PEER_MAC = new MacAddress(0x02_00_00_00_00_02L);
    static final MacAddress THIEF = new MacAddress(0x02_00_00_00_00_99L);

    static final String YAML = """
            node: {name: lb1}
            virtual_routers:
              - {name: web, interface: eth0, vrid: 51, priority: 200, addresses: [198.18.0.100/24]}
            services:
              - name: http
                listen: 198.18.0.100:80
                backends: [{name: a, address: 198.18.0.11:80}, {name: b, address: 198.18.0.12:80}]
            """;

    static final ProductVersion PROGRAM = new ProductVersion("0.2.0", "abcdef012345", "2026-02-01T00:00:00Z");

    ProductVersion version = PROGRAM;
    final Map<String, String> files = new HashMap<>();
    final Map<String, String> links = new HashMap<>();
    final Map<String, List<String>> directories = new HashMap<>();
    final Map<Endpoint, String> refusals = new HashMap<>();
    final Set<VirtualAddress> addresses = new HashSet<>(Set.of(VirtualAddress.parse("198.18.0.1/24")));
    final List<IpDatagram> delivered = new ArrayList<>();
    final List<IpDatagram> seen = new ArrayList<>();
    final Map<IpAddress, MacAddress> claims = new HashMap<>();
    final Map<String, String> kernelInterfaces = new HashMap<>();
    Optional<LinkState> link =
            Optional.of(new LinkState(2, new MacAddress(0x02_00_00_00_00_01L), 1500, true, true, List.of(OURS)));
    final Map<String, ProgramResult> programs = new HashMap<>();
    ProgramResult nft = new ProgramResult.Done("{\"nftables\": []}");

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

    static MainstayConfig config(String yaml) {
        return ((ConfigResult.Valid) ConfigFile.parse(yaml, "f.yaml", HostFacts.ofThisMachine())).config();
    }

    StatusSnapshot status(VirtualRouterStatus.State state, long sent) {
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

    List<Finding> findings(String yaml, Optional<StatusSnapshot> before, Optional<StatusSnapshot> after) {
        Map<InterfaceName, Heard> heard = Map.of(ETH0, new Heard(Duration.ofSeconds(2), delivered, seen, claims));
        return Doctor.examine(
                new Patient(config(yaml), PROGRAM, this, heard, before, after, after.isPresent() ? "" : "no daemon"));
    }

    List<Finding> withoutDaemon() {
        return findings(YAML, Optional.empty(), Optional.empty());
    }

    List<Finding> whileActive() {
        addresses.add(VIP);
        return findings(
                YAML,
                Optional.of(status(VirtualRouterStatus.State.ACTIVE, 10)),
                Optional.of(status(VirtualRouterStatus.State.ACTIVE, 14)));
    }

    static Finding of(String check, List<Finding> findings) {
        return findings.stream()
                .filter(each -> each.check().equals(check) && each.grade() != Grade.OK)
                .findFirst()
                .or(() -> findings.stream()
                        .filter(each -> each.check().equals(check))
                        .findFirst())
                .orElseThrow();
    }

    static IpDatagram advertisement(IpAddress source, VrrpVersion version, int priority, IpAddress address) {
        Advertisement advertisement = new Advertisement(
                version, new VirtualRouterId(51), new Priority(priority), Duration.ofSeconds(1), List.of(address));
        byte[] octets = AdvertisementEncoder.encode(advertisement, ChecksumForm.PSEUDO_HEADER, source, GROUP);
        return new IpDatagram(source, GROUP, 255, octets);
    }

    void hear(IpDatagram datagram) {
        seen.add(datagram);
        delivered.add(datagram);
    }

    void hearPeer() {
        hear(advertisement(PEER, VrrpVersion.V3, 250, VIP.address()));
        claims.put(PEER, PEER_MAC);
        claims.put(VIP.address(), PEER_MAC);
    }
}
