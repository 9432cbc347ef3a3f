// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import static java.time.Duration.ofDays;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;

import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.forward.ListenerConfig;
import io.mainstay.forward.TimeoutConfig;
import io.mainstay.net.Endpoint;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualAddress;
import io.mainstay.net.VirtualRouterId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Every key of the configuration: name, range, default and meaning, each once and here. The reader checks a file against
 * it, {@link EffectiveConfig} prints by it.
 */
final class Schema {

    private static final Duration WEEK = ofDays(7);

    private Schema() {}

    /** Below {@code node}. */
    static final class Node {
        static final Key.Scalar<String> NAME = Key.derived(
                "name", ScalarTypes.name(), "the host name", "How people call this node, in status, events and logs.");

        static final Key.Scalar<Duration> STARTUP_DELAY = Key.optional(
                "startup_delay",
                ScalarTypes.duration(Duration.ZERO, ofMinutes(10)),
                Duration.ZERO,
                "How long the node waits after its start before it takes part in any election, so that bonds and spanning"
                        + " trees come up first.");

        static final Key.Scalar<Integer> MAX_CONNECTIONS = Key.optional(
                "max_connections",
                ScalarTypes.integer(0, 10_000_000),
                0,
                "How many connections and sessions of clients the node has at the same time, in all services; more are reset."
                        + " 0: as many as its descriptors and its memory can bear, which are never exceeded.");

        static final Key.Scalar<Integer> RELAY_THREADS = Key.optional(
                "relay_threads",
                ScalarTypes.integer(0, 1024),
                0,
                "How many threads relay in the proxy engine. 0: one for each processor that the daemon may use.");

        static final Key.Section SECTION = new Key.Section(
                "node", List.of(NAME, STARTUP_DELAY, MAX_CONNECTIONS, RELAY_THREADS), "Who this node is.");

        private Node() {}
    }

    /** Below {@code announce} of a virtual router. */
    static final class Announce {
        static final Key.Scalar<Integer> REPEAT = Key.optional(
                "repeat",
                ScalarTypes.integer(1, 100),
                5,
                "How many times each address is announced by gratuitous ARP in the first seconds after a takeover.");

        static final Key.Scalar<Duration> REFRESH = Key.optional(
                "refresh",
                ScalarTypes.durationOrZero("none", ofSeconds(1), ofDays(1)),
                ofSeconds(60),
                "The pause between the announcements that follow for as long as the node is Active.");

        static final Key.Section SECTION =
                new Key.Section("announce", List.of(REPEAT, REFRESH), "How a takeover is announced.");

        private Announce() {}
    }

    /** Below an entry of {@code virtual_routers}. */
    static final class VirtualRouter {
        static final Key.Scalar<String> NAME = Key.derived(
                "name",
                ScalarTypes.name(),
                "INTERFACE-VRID, such as eth0-51",
                "How people call the virtual router; unique on the node.");

        static final Key.Scalar<InterfaceName> INTERFACE = Key.required(
                "interface", ScalarTypes.interfaceName(), "Where the node advertises and holds the addresses.");

        static final Key.Scalar<VirtualRouterId> VRID = Key.required(
                "vrid",
                ScalarTypes.number(1, 255, VirtualRouterId::new, VirtualRouterId::value),
                "The number of the virtual router on its network segment; the same on each node of the pair, and used"
                        + " by nobody else on the segment.");

        static final Key.Scalar<Priority> PRIORITY = Key.optional(
                "priority",
                ScalarTypes.number(1, 255, Priority::new, Priority::value),
                Priority.DEFAULT,
                "The node with the highest priority becomes Active. 255 is for the owner of the addresses.");

        static final Key.Scalar<Duration> ADVERTISEMENT_INTERVAL = Key.optional(
                "advertisement_interval",
                ScalarTypes.durationInSteps(
                        VirtualRouterConfig.SHORTEST_INTERVAL, VirtualRouterConfig.LONGEST_INTERVAL, ofMillis(10)),
                ofSeconds(1),
                "The pause between two advertisements of the Active. A lost node is replaced after a little more than"
                        + " three of them.");

        static final Key.Values<VirtualAddress> ADDRESSES = new Key.Values<>(
                "addresses",
                ScalarTypes.virtualAddress(),
                510,
                false,
                "The virtual addresses, with their prefix lengths; IPv4 and IPv6 may mix. They move together. 255 of each at"
                        + " most, and no more than fit into one packet: of IPv6 that are 89 with an MTU of 1500.");

        static final Key.Scalar<Boolean> PREEMPT = Key.optional(
                "preempt", ScalarTypes.bool(), true, "Whether the node takes over from an Active of lower priority.");

        static final Key.Scalar<Duration> PREEMPT_DELAY = Key.optional(
                "preempt_delay",
                ScalarTypes.duration(Duration.ZERO, ofDays(1)),
                Duration.ZERO,
                "How long an Active of lower priority is let be before the node takes over from it.");

        static final Key.Scalar<Duration> DRAIN_TIMEOUT = Key.optional(
                "drain_timeout",
                ScalarTypes.duration(Duration.ZERO, ofMinutes(1)),
                VirtualRouterSettings.DEFAULT_DRAIN_TIMEOUT,
                "How long connections that the proxy engine relays live on here after this node has handed the addresses over"
                        + " or made way for a node of higher priority; the rest is reset then. 0 resets them at once. The new"
                        + " Active sends their packets on. docs/operating.md tells how.");

        static final Key.Scalar<String> SYNC_GROUP = Key.derived(
                "sync_group",
                ScalarTypes.name(),
                "none: it moves for itself",
                "The virtual routers of one group are Active together or not at all; docs/tracking.md has the rule. The same"
                        + " members on each node, with the same priority.");

        static final Key.Entries ENTRIES = new Key.Entries(
                "virtual_routers",
                List.of(
                        NAME,
                        INTERFACE,
                        VRID,
                        PRIORITY,
                        ADVERTISEMENT_INTERVAL,
                        ADDRESSES,
                        ProtocolKeys.VERSION,
                        ProtocolKeys.CHECKSUM,
                        ProtocolKeys.PASSWORD,
                        ProtocolKeys.UNICAST_PEERS,
                        ProtocolKeys.UNICAST_MIN_TTL,
                        PREEMPT,
                        PREEMPT_DELAY,
                        DRAIN_TIMEOUT,
                        VirtualMacKeys.VIRTUAL_MAC,
                        VirtualMacKeys.PREFIX,
                        AuthenticationKeys.SECTION,
                        Announce.SECTION,
                        SYNC_GROUP,
                        TrackKeys.SECTION,
                        HookKeys.SECTION),
                0,
                1024,
                "The addresses that move between the nodes, and how the nodes agree on who holds them.");

        private VirtualRouter() {}
    }

    /** Below {@code timeouts} of a service. */
    static final class Timeouts {
        static final Key.Scalar<Duration> CONNECT = Key.optional(
                "connect",
                ScalarTypes.duration(ofMillis(10), ofMinutes(5)),
                ofSeconds(3),
                "How long one attempt to reach a backend may take.");

        static final Key.Scalar<Duration> IDLE = Key.optional(
                "idle",
                ScalarTypes.duration(ofMillis(100), WEEK),
                ofMinutes(5),
                "How long a connection may be silent in both directions.");

        static final Key.Scalar<Duration> HALF_CLOSED = Key.optional(
                "half_closed",
                ScalarTypes.duration(ofMillis(100), WEEK),
                ofSeconds(30),
                "How long a connection may be silent once one side has finished sending.");

        static final Key.Scalar<Duration> OPENING = Key.optional(
                "opening",
                ScalarTypes.duration(ofMillis(100), ofMinutes(5)),
                TimeoutConfig.DEFAULT_OPENING,
                "How long a client may take for what must come before a backend can be chosen: its PROXY header.");

        static final Key.Section SECTION = new Key.Section(
                "timeouts", List.of(CONNECT, IDLE, HALF_CLOSED, OPENING), "When a silent connection is ended.");

        private Timeouts() {}
    }

    /** Below an entry of {@code backends} of a service. */
    static final class Backend {
        static final Key.Scalar<String> NAME = Key.derived(
                "name", ScalarTypes.name(), "the address", "How people call the backend; unique within the service.");

        static final Key.Scalar<Endpoint> ADDRESS =
                Key.required("address", ScalarTypes.backendAddress(), "Where the server listens.");

        static final Key.Scalar<Integer> WEIGHT = Key.optional(
                "weight",
                ScalarTypes.integer(0, 1000),
                100,
                "Its share of the connections against the other backends; 0 gets no new ones.");

        static final Key.Scalar<Integer> MAX_CONNECTIONS = Key.optional(
                "max_connections",
                ScalarTypes.integer(0, 10_000_000),
                0,
                "How many connections it gets at the same time; 0: any number.");

        static final Key.Scalar<Boolean> BACKUP = Key.optional(
                "backup",
                ScalarTypes.bool(),
                false,
                "Whether it gets connections only while fewer than min_healthy of the others are healthy.");

        static final Key.Entries ENTRIES = new Key.Entries(
                "backends",
                List.of(NAME, ADDRESS, WEIGHT, MAX_CONNECTIONS, BACKUP),
                1,
                1024,
                "The servers that do the work.");

        private Backend() {}
    }

    /** Below an entry of {@code services}. */
    static final class Service {
        static final Key.Scalar<String> NAME = Key.derived(
                "name",
                ScalarTypes.name(),
                "the first listen address, such as 198.51.100.10:443",
                "How people call the service; unique on the node.");

        static final Key.Values<ListenerConfig> LISTEN = new Key.Values<>(
                "listen",
                ScalarTypes.listener(),
                0,
                256,
                true,
                "Where clients arrive: an address and port, a range of ports, or a list of them. The ports of a backend"
                        + " run along with a range. The address need not be on this node yet. May be absent in a service"
                        + " to which routing of another one leads.");

        static final Key.Scalar<Duration> DRAIN_TIMEOUT = Key.optional(
                "drain_timeout",
                ScalarTypes.duration(Duration.ZERO, WEEK),
                ofSeconds(60),
                "How long the connections of a draining backend may live on before they are reset.");

        static final Key.Entries ENTRIES = new Key.Entries(
                "services",
                List.of(
                        NAME,
                        LISTEN,
                        KernelKeys.ENGINE,
                        KernelKeys.FORWARDING,
                        KernelKeys.SOURCE_ADDRESSES,
                        BalanceKeys.BALANCE,
                        BalanceKeys.Hash.SECTION,
                        BalanceKeys.MIN_HEALTHY,
                        BalanceKeys.ON_PANIC,
                        BalanceKeys.SLOW_START,
                        BalanceKeys.Persistence.SECTION,
                        CheckKeys.ENTRIES,
                        AgentKeys.SECTION,
                        OutlierKeys.SECTION,
                        HealthKeys.ON_BACKEND_DOWN,
                        DRAIN_TIMEOUT,
                        Timeouts.SECTION,
                        TrafficKeys.Udp.SECTION,
                        TcpKeys.SECTION,
                        TrafficKeys.Limits.SECTION,
                        TrafficKeys.Access.SECTION,
                        TrafficKeys.ProxyProtocol.SECTION,
                        QueueKeys.SECTION,
                        RecordKeys.SECTION,
                        RoutingKeys.SECTION,
                        Backend.ENTRIES),
                0,
                4096,
                "What is forwarded, and to whom.");

        private Service() {}
    }

    /** Below {@code control}. */
    static final class Control {
        static final Key.Scalar<Path> SOCKET = Key.derived(
                "socket",
                ScalarTypes.socketPath(),
                "control.sock in the run directory, /run/mainstay/control.sock",
                "The unix socket on which the daemon takes commands.");

        static final Key.Section SECTION = new Key.Section("control", List.of(SOCKET), "How the daemon is controlled.");

        private Control() {}
    }

    /**
     * The whole file. It stands in a class of its own, as the others do: whichever of them is asked for first, the keys that it names are
     * there.
     */
    static final class Whole {
        static final Key.Section SECTION = new Key.Section(
                "",
                List.of(
                        Node.SECTION,
                        VirtualRouter.ENTRIES,
                        Service.ENTRIES,
                        KernelKeys.Engine.SECTION,
                        Control.SECTION),
                "The configuration of a node.");

        private Whole() {}
    }

    /** Emptied with each minor version, and filled with what that version renames. */
    static final FormerNames FORMER_NAMES = new FormerNames(Map.of());

    /** The keys directly below one that has any. */
    static List<Key> below(Key key) {
        return switch (key) {
            case Key.Section section -> section.keys();
            case Key.Entries entries -> entries.keys();
            case Key.Scalar<?> scalar -> List.of();
            case Key.Values<?> values -> List.of();
        };
    }
}
