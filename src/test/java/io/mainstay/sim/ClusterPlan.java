// SPDX-License-Identifier: Apache-2.0
package io.mainstay.sim;

import io.mainstay.election.AuthenticationConfig;
import io.mainstay.election.ChecksumPreference;
import io.mainstay.election.ProtocolConfig;
import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.election.wire.Authentication;
import io.mainstay.election.wire.AuthenticationKey;
import io.mainstay.election.wire.VrrpVersion;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpFamily;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualAddress;
import io.mainstay.net.VirtualRouterId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The cluster that a seed stands for.
 *
 * @param nodes each node's configuration, of the first member where there is a sync group
 * @param members how many virtual routers each node has; more than one are a sync group
 * @param driftPpm by how much each node's clock is too fast
 * @param refresh the pause between announcements once a takeover is long past
 * @param faults how many faults befall it
 * @param authentication how all nodes sign
 * @param guarded whether each node has a guard
 */
record ClusterPlan(
        List<VirtualRouterConfig> nodes,
        int members,
        List<Long> driftPpm,
        Duration refresh,
        int faults,
        AuthenticationConfig authentication,
        boolean guarded) {

    private static final long MOST_DRIFT_PPM = 200;
    private static final Authentication PASSWORD = new Authentication.SimplePassword(0x3131_3131_0000_0000L);

    private static final AuthenticationKey KEY = new AuthenticationKey(1, new byte[32]);

    static ClusterPlan of(Random random) {
        int size = 2 + random.nextInt(4);
        VrrpVersion version = random.nextInt(6) == 0 ? VrrpVersion.V2 : VrrpVersion.V3;
        Authentication authentication =
                version == VrrpVersion.V2 && random.nextBoolean() ? PASSWORD : Authentication.NONE;
        Duration interval = version == VrrpVersion.V2
                ? Duration.ofSeconds(1 + random.nextInt(2))
                : pick(random, Duration.ofMillis(10), Duration.ofMillis(100), Duration.ofSeconds(1));
        // In version 2 nodes whose intervals differ do not hear each other.
        boolean intervalsDiffer = version == VrrpVersion.V3 && random.nextInt(8) == 0;
        int preemptStyle = random.nextInt(4);
        Duration preemptDelay = random.nextInt(6) == 0 ? interval.multipliedBy(1 + random.nextInt(6)) : Duration.ZERO;
        boolean owner = random.nextInt(8) == 0;
        boolean equalPriorities = random.nextInt(4) == 0;
        List<VirtualAddress> addresses = addresses(random, version);
        boolean unicast = random.nextInt(5) == 0;
        List<VirtualRouterConfig> nodes = new ArrayList<>();
        List<Long> drift = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            int priority = owner && i == 0 ? 255 : equalPriorities ? 100 : 1 + random.nextInt(254);
            boolean preempt = preemptStyle == 0 ? random.nextBoolean() : preemptStyle != 1;
            nodes.add(new VirtualRouterConfig(
                    "web",
                    SimulatedHost.INTERFACE,
                    new VirtualRouterId(51),
                    new Priority(priority),
                    intervalsDiffer ? interval.multipliedBy(1 + random.nextInt(4)) : interval,
                    addresses,
                    new ProtocolConfig(
                            version,
                            pick(random, ChecksumPreference.values()),
                            authentication,
                            unicast ? peersOf(i, size) : List.of(),
                            255),
                    preempt,
                    preemptDelay));
            drift.add(random.nextLong(2 * MOST_DRIFT_PPM) - MOST_DRIFT_PPM);
        }
        int faults = random.nextInt(5) == 0 ? 0 : 1 + random.nextInt(8);
        boolean guarded = random.nextInt(3) != 0;
        int members = random.nextInt(4) == 0 ? 2 + random.nextInt(2) : 1;
        AuthenticationConfig signed = new AuthenticationConfig(
                AuthenticationConfig.Mode.ENFORCE,
                List.of(KEY),
                KEY.id(),
                AuthenticationConfig.defaultWindow(interval.multipliedBy(4)));
        return new ClusterPlan(
                nodes,
                members,
                drift,
                interval.multipliedBy(20),
                faults,
                random.nextInt(4) == 0 ? signed : AuthenticationConfig.NONE,
                guarded);
    }

    private static List<VirtualAddress> addresses(Random random, VrrpVersion version) {
        int families = version == VrrpVersion.V2 ? 0 : random.nextInt(3);
        List<VirtualAddress> addresses = new ArrayList<>();
        for (int i = 0; i <= random.nextInt(3); i++) {
            if (families != 1) {
                addresses.add(VirtualAddress.parse("198.18.0." + (200 + i) + "/24"));
            }
            if (families != 0) {
                addresses.add(VirtualAddress.parse("2001:db8::" + (200 + i) + "/64"));
            }
        }
        return addresses;
    }

    private static List<IpAddress> peersOf(int number, int size) {
        return IntStream.range(0, size)
                .filter(other -> other != number)
                .boxed()
                .flatMap(other -> Stream.of(IpFamily.values()).map(family -> SimulatedHost.sourceOf(other, family)))
                .toList();
    }

    @SafeVarargs
    private static <T> T pick(Random random, T... choices) {
        return choices[random.nextInt(choices.length)];
    }

    /** The virtual routers of a node: alike but for number and addresses. */
    List<VirtualRouterConfig> routersOf(int node) {
        return IntStream.range(0, members)
                .mapToObj(member -> member(nodes.get(node), member))
                .toList();
    }

    private static VirtualRouterConfig member(VirtualRouterConfig first, int number) {
        return new VirtualRouterConfig(
                first.name() + number,
                first.interfaceName(),
                new VirtualRouterId(first.vrid().value() + number),
                first.priority(),
                first.advertisementInterval(),
                first.addresses().stream().map(address -> of(address, number)).toList(),
                first.protocol(),
                first.preempt(),
                first.preemptDelay());
    }

    private static VirtualAddress of(VirtualAddress first, int member) {
        byte[] octets = first.address().octets();
        octets[octets.length - 1] = (byte) ((octets[octets.length - 1] & 0xFF) + 10 * member);
        return new VirtualAddress(IpAddress.ofOctets(octets), first.prefixLength());
    }

    /** The longest interval of any node. */
    Duration longestInterval() {
        return nodes.stream()
                .map(VirtualRouterConfig::advertisementInterval)
                .max(Duration::compareTo)
                .orElseThrow();
    }

    /** Whether all nodes have the same interval, as they should. */
    boolean intervalsAgree() {
        return nodes.stream().allMatch(node -> node.advertisementInterval().equals(longestInterval()));
    }

    Duration longestPreemptDelay() {
        return nodes.stream()
                .map(VirtualRouterConfig::preemptDelay)
                .max(Duration::compareTo)
                .orElseThrow();
    }
}
