// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import static io.mainstay.config.ConfigFileTest.problems;
import static io.mainstay.config.ConfigFileTest.warnings;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is refused and what is warned about in trackers, hooks and sync groups. */
class TrackChecksTest {

    /** One virtual router of priority 200 with more keys, in flow style. */
    private static String router(String more) {
        return "virtual_routers:\n  - {interface: eth0, vrid: 51, priority: 200, addresses: [198.51.100.10/24], " + more
                + "}\n";
    }

    private static String tracked(String kind, String entry) {
        return router("track: {" + kind + ": [{" + entry + "}]}");
    }

    @Test
    void aWeightIsANumberOtherThanZero() {
        for (String weight : new String[] {"0", "-0", "254", "-254", "+5", "-", "--5", "05", "1.5", "-0x5"}) {
            assertThat(problems(tracked("interfaces", "name: eth1, weight: " + weight)))
                    .as(weight)
                    .singleElement()
                    .asString()
                    .contains("virtual_routers[0].track.interfaces[0].weight: " + weight, "-253..-1, or 1..253");
        }
    }

    @Test
    void aProgramIsThereAndCanBeExecuted(@TempDir Path scratch) throws IOException {
        Path plain = Files.createFile(scratch.resolve("plain"));
        Path good = Files.createFile(
                scratch.resolve("good"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        String yaml = router("track: {scripts: [{name: a, command: " + scratch.resolve("none")
                + "}, {name: b, command: ["
                + plain + ", x]}, {name: c, command: " + good + "}, {name: d, command: [check]}]}, hooks: {on_active: ["
                + good + ", " + scratch + "], on_fault: " + scratch.resolve("none") + "}");
        ConfigResult result = ConfigFile.parse(yaml, "f.yaml", HostFacts.ofThisMachine());
        assertThat(result).isInstanceOf(ConfigResult.Invalid.class);
        String expected = " (expected: the absolute path of a program that can be executed)";
        assertThat(((ConfigResult.Invalid) result).problems())
                .allMatch(problem -> problem.line() == 2 && problem.column() > 0)
                .extracting(problem -> problem.key() + ": " + problem.message())
                .containsExactly(
                        "virtual_routers[0].track.scripts[0].command: " + shown(scratch.resolve("none"))
                                + ": no such file" + expected,
                        "virtual_routers[0].track.scripts[1].command[0]: " + shown(plain) + ": not executable"
                                + expected,
                        "virtual_routers[0].track.scripts[3].command[0]: check: no absolute path" + expected,
                        "virtual_routers[0].hooks.on_active[1]: " + shown(scratch) + ": a directory" + expected,
                        "virtual_routers[0].hooks.on_fault: " + shown(scratch.resolve("none")) + ": no such file"
                                + expected);
    }

    private static String shown(Path path) {
        return Problems.shown(path.toString());
    }

    @Test
    void aScriptEndsBeforeItsNextRun() {
        assertThat(problems(tracked("scripts", "name: db, command: /bin/true, interval: 1s, timeout: 1s")))
                .containsExactly("f.yaml:2:151 virtual_routers[0].track.scripts[0].timeout: 1s"
                        + " (expected: shorter than the interval of 1s)");
        assertThat(problems(tracked("scripts", "name: db, command: /bin/true, interval: 500ms")))
                .containsExactly("f.yaml:2:138 virtual_routers[0].track.scripts[0].interval: 500ms"
                        + " (expected: longer than the timeout of 1s)");
    }

    @Test
    void oneNeighbourAloneIsWarnedAbout() {
        assertThat(warnings(tracked("neighbours", "name: n, interface: eth0, addresses: [198.51.100.1]")))
                .singleElement()
                .asString()
                .contains("track.neighbours[0].addresses: when 198.51.100.1 alone fails");
        assertThat(warnings(tracked("neighbours", "name: n, interface: eth0, addresses: [198.51.100.1, 198.51.100.3]")))
                .isEmpty();
        assertThat(warnings(tracked("neighbours", "name: n, interface: eth0, addresses: [198.51.100.1], weight: -100")))
                .isEmpty();
    }

    @Test
    void aNeighbourIsAnotherHost() {
        assertThat(problems(
                        tracked("neighbours", "name: n, interface: eth0, addresses: [198.51.100.1, 198.51.100.10]")))
                .singleElement()
                .asString()
                .contains("track.neighbours[0].addresses[1]: 198.51.100.10 (expected: the address of another host");
        assertThat(problems(tracked("neighbours", "name: n, interface: eth0, addresses: [224.0.0.18, 198.51.100.1]")))
                .singleElement()
                .asString()
                .contains("addresses[0]: 224.0.0.18");
    }

    @Test
    void aScriptHasACommand() {
        assertThat(problems(tracked("scripts", "name: db")))
                .singleElement()
                .asString()
                .contains("command: missing");
    }

    @Test
    void aTrackedServiceIsOneOfTheFile() {
        assertThat(problems(tracked("services", "name: https")))
                .containsExactly("f.yaml:2:105 virtual_routers[0].track.services[0].name: https"
                        + " (expected: a service of this file, which has none)");
        String services =
                "services:\n  - {name: http, listen: 198.51.100.10:80, backends: [{address: 10.0.0.11:80}]}\n";
        assertThat(problems(tracked("services", "name: https") + services))
                .containsExactly("f.yaml:2:105 virtual_routers[0].track.services[0].name: https"
                        + " (expected: one of the services http)");
        assertThat(problems(tracked("services", "name: http") + services)).isEmpty();
    }

    @Test
    void eachThingIsTrackedOnce() {
        assertThat(problems(router("track: {interfaces: [{name: eth1}, {name: eth1, weight: -50}]}")))
                .containsExactly("f.yaml:2:121 virtual_routers[0].track.interfaces[1].name: eth1 (expected: each"
                        + " interface once; virtual_routers[0].track.interfaces[0] tracks this one)");
        assertThat(problems(router("track: {scripts: [{name: a, command: /bin/true}], processes: [{name: a}]}")))
                .isEmpty();
    }

    @Test
    void theOwnInterfaceNeedsNoTracking() {
        assertThat(warnings(tracked("interfaces", "name: eth0")))
                .containsExactly("f.yaml:2:107 virtual_routers[0].track.interfaces[0].name: has no effect: eth0 is the"
                        + " interface of the virtual router itself, and a fault of that is a fault in any case");
    }

    @Test
    void aWeightThatCanNeverChangeThePriorityIsRefused() {
        assertThat(problems(tracked("interfaces", "name: eth1, weight: -50").replace("200", "1")))
                .containsExactly(
                        "f.yaml:2:119 virtual_routers[0].track.interfaces[0].weight: never changes anything:"
                                + " the priority is 1 with or without it (expected: a weight that keeps the sum within 1..254)");
        assertThat(problems(tracked("interfaces", "name: eth1, weight: 50").replace("200", "254")))
                .singleElement()
                .asString()
                .contains("never changes anything: the priority is 254 with or without it");
    }

    @Test
    void aWeightThatHardlyLowersThePriorityIsWarnedAbout() {
        assertThat(warnings(tracked("interfaces", "name: eth1, weight: -5")))
                .containsExactly(
                        "f.yaml:2:121 virtual_routers[0].track.interfaces[0].weight: a failure lowers the"
                                + " priority just from 200 to 195: only a node whose priority lies between them takes over then");
        assertThat(warnings(tracked("interfaces", "name: eth1, weight: -6"))).isEmpty();
        // Of the 20 just 4 are within what can be advertised.
        assertThat(warnings(tracked("interfaces", "name: eth1, weight: 20").replace("200", "250")))
                .singleElement()
                .asString()
                .contains("just from 254 to 250");
    }

    @Test
    void aWeightThatNobodyPreemptsForIsWarnedAbout() {
        assertThat(warnings(router("preempt: false, track: {interfaces: [{name: eth1, weight: -100}]}")))
                .singleElement()
                .asString()
                .startsWith("f.yaml:2:137 virtual_routers[0].track.interfaces[0].weight: with preempt: false it never"
                        + " causes a failover by itself:");
        assertThat(warnings(router("preempt: false, track: {files: [{path: /x, content: weight}]}")))
                .singleElement()
                .asString()
                .contains("virtual_routers[0].track.files[0].content: with preempt: false");
        assertThat(warnings(router("preempt: false, track: {interfaces: [{name: eth1}]}")))
                .isEmpty();
    }

    @Test
    void anOwnersPriorityHasNoWeights() {
        for (String tracker : new String[] {
            "interfaces: [{name: eth1, weight: -100}]",
            "interfaces: [{name: eth1, weight: 5}]",
            "files: [{path: /x, content: weight}]"
        }) {
            assertThat(problems(router("track: {" + tracker + "}").replace("200", "255")))
                    .as(tracker)
                    .singleElement()
                    .asString()
                    .contains("has no effect (expected: none, so that a failure is a fault: priority 255 owns");
        }
        assertThat(problems(router("track: {interfaces: [{name: eth1}]}").replace("200", "255")))
                .isEmpty();
    }

    @Test
    void aFileThatHoldsTheWeightHasNoOther() {
        assertThat(problems(tracked("files", "path: /x, content: weight, weight: -10")))
                .singleElement()
                .asString()
                .contains("files[0].weight: given although the file holds the weight");
    }

    @Test
    void aPathIsAbsolute() {
        assertThat(problems(tracked("files", "path: x")))
                .singleElement()
                .asString()
                .contains("an absolute path");
        assertThat(problems(router("hooks: {on_backup: [down]}")))
                .singleElement()
                .asString()
                .contains("on_backup[0]: down (expected: an absolute path, and arguments if it has any)");
    }

    private static String members(String first, String second) {
        return "virtual_routers:\n"
                + "  - {interface: eth0, vrid: 51, sync_group: gw, addresses: [198.51.100.10/24], " + first + "}\n"
                + "  - {interface: eth1, vrid: 52, sync_group: gw, addresses: [198.51.101.10/24], " + second + "}\n";
    }

    @Test
    void theMembersOfASyncGroupComeFirstTogether() {
        assertThat(problems(members("priority: 200", "priority: 100")))
                .containsExactly(
                        "f.yaml:3:90 virtual_routers[1].priority: 100 (expected: 200, as in virtual_routers[0]:"
                                + " all members of sync group gw need the same)");
        assertThat(problems(members("preempt: true", "preempt: false"))).hasSize(1);
        assertThat(problems(members("preempt_delay: 1s", "preempt_delay: 2s"))).hasSize(1);
        assertThat(problems(members("priority: 100", "preempt: true"))).isEmpty();
    }

    @Test
    void theSlowestMemberOfASyncGroupHoldsTheOthersUp() {
        assertThat(warnings(members("advertisement_interval: 100ms", "advertisement_interval: 10s")))
                .containsExactly("f.yaml:3:104 virtual_routers[1].advertisement_interval: is 10s, that of"
                        + " virtual_routers[0] 100ms: sync group gw replaces a lost Active only when all its members are"
                        + " silent, so after three intervals of 10s");
        assertThat(warnings(members("advertisement_interval: 100ms", "")))
                .singleElement()
                .asString()
                .endsWith("so after three intervals of 1s");
        assertThat(warnings(members("advertisement_interval: 1s", ""))).isEmpty();
    }

    @Test
    void whatIsTrackedInASyncGroupCountsForAllOfIt() {
        assertThat(problems(members(
                        "track: {interfaces: [{name: eth2}]}", "track: {interfaces: [{name: eth2, weight: -9}]}")))
                .singleElement()
                .asString()
                .contains(
                        "each interface once in sync group gw; virtual_routers[0].track.interfaces[0] tracks this one");
    }

    @Test
    void aGroupOfOneIsNone() {
        assertThat(warnings(router("sync_group: gw")))
                .containsExactly("f.yaml:2:91 virtual_routers[0].sync_group: has no effect: no other virtual router is"
                        + " in sync group gw");
    }
}
