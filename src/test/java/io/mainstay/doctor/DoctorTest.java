// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.election.wire.VrrpVersion;
import io.mainstay.net.Endpoint;
import io.mainstay.observe.ProductVersion;
import io.mainstay.observe.StatusSnapshot;
import io.mainstay.observe.VirtualRouterStatus;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is found on the host itself, its daemon and its backends. */
class DoctorTest extends SampleHost {

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
