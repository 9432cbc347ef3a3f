// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;

import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.track.Effect;
import io.mainstay.track.Pace;
import io.mainstay.track.TrackerConfig;
import io.mainstay.track.TrackerConfig.FileTracker;
import io.mainstay.track.TrackerConfig.InterfaceTracker;
import io.mainstay.track.TrackerConfig.NeighbourTracker;
import io.mainstay.track.TrackerConfig.ProcessTracker;
import io.mainstay.track.TrackerConfig.ScriptTracker;
import io.mainstay.track.TrackerConfig.ServiceTracker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The keys of a virtual router that say what is tracked for it. */
final class TrackKeys {

    private static final int MOST_OF_A_KIND = 64;

    /** How a section of one kind is kept apart from the others: by the keys that all of them have. */
    private record Common(Key.Scalar<Duration> interval, Key.Scalar<Integer> failures, Key.Scalar<Integer> success) {}

    static final Key.Scalar<Integer> WEIGHT = Key.derived(
            "weight",
            new ScalarType<>(
                    "-253..-1, or 1..253", ScalarType.Form.NUMBER, TrackKeys::weight, value -> Integer.toString(value)),
            "none: a failure is a fault, and the node takes no part until it is over",
            "What a failure does to the priority instead: a negative weight is added while it lasts, a positive one at all"
                    + " other times.");

    private TrackKeys() {}

    /** Below an entry of {@code track.interfaces}. */
    static final class Interfaces {
        static final Key.Scalar<InterfaceName> NAME =
                Key.required("name", ScalarTypes.interfaceName(), "The interface.");

        static final Key.Scalar<Boolean> ADDRESS = Key.optional(
                "address",
                ScalarTypes.bool(),
                false,
                "Whether it also needs an address of its own, neither a virtual nor a link-local one.");

        private static final Common COMMON = common(ofSeconds(1), 1, 1);

        static final Key.Entries ENTRIES = new Key.Entries(
                "interfaces",
                List.of(NAME, ADDRESS, COMMON.interval(), COMMON.failures(), COMMON.success(), WEIGHT),
                0,
                MOST_OF_A_KIND,
                "Interfaces that have to be there, up, and with carrier. What the kernel tells of one is acted on at once.");

        private Interfaces() {}
    }

    /** Below an entry of {@code track.neighbours}. */
    static final class Neighbours {
        static final Key.Scalar<String> NAME = Key.required("name", ScalarTypes.name(), "How people call them.");

        static final Key.Scalar<InterfaceName> INTERFACE =
                Key.required("interface", ScalarTypes.interfaceName(), "On whose network they are.");

        static final Key.Values<IpAddress> ADDRESSES = new Key.Values<>(
                "addresses",
                ScalarTypes.hostAddress(),
                16,
                false,
                "Such as that of the gateway and that of the other node, on this very segment. One that answers is enough.");

        private static final Common COMMON = common(ofSeconds(1), 3, 1);

        static final Key.Entries ENTRIES = new Key.Entries(
                "neighbours",
                List.of(NAME, INTERFACE, ADDRESSES, COMMON.interval(), COMMON.failures(), COMMON.success(), WEIGHT),
                0,
                MOST_OF_A_KIND,
                "Neighbours of which one at least has to answer, asked by ARP probe or neighbour solicitation: a node that none"
                        + " answers is cut off, and without a weight gives the addresses up.");

        private Neighbours() {}
    }

    /** Below an entry of {@code track.scripts}. */
    static final class Scripts {
        static final Key.Scalar<String> NAME = Key.required("name", ScalarTypes.name(), "How people call it.");

        static final Key.Values<String> COMMAND = new Key.Values<>(
                "command",
                argument(),
                256,
                true,
                "The program, by its absolute path, and its arguments. No shell reads them. Exit status 0 is success.");

        static final Key.Scalar<Duration> TIMEOUT = Key.optional(
                "timeout",
                ScalarTypes.duration(ofMillis(10), ofHours(1)),
                ofSeconds(1),
                "After which it is killed, with all that it started, and has failed; shorter than the interval.");

        private static final Common COMMON = common(ofSeconds(2), 3, 2);

        static final Key.Scalar<Duration> INTERVAL = COMMON.interval();

        static final Key.Entries ENTRIES = new Key.Entries(
                "scripts",
                List.of(NAME, COMMAND, COMMON.interval(), TIMEOUT, COMMON.failures(), COMMON.success(), WEIGHT),
                0,
                MOST_OF_A_KIND,
                "Programs that have to succeed. A run that is due while one is under way is not started and counts as"
                        + " failed.");

        private Scripts() {}
    }

    /** Below an entry of {@code track.processes}. */
    static final class Processes {
        static final Key.Scalar<String> NAME = Key.required(
                "name",
                ScalarTypes.name(),
                "The name of the program, as ps -o comm has it; with a pid file just how people call it.");

        static final Key.Scalar<String> PID_FILE = Key.derived(
                "pid_file", path(), "none: any process of that name will do", "The file that holds its number.");

        private static final Common COMMON = common(ofSeconds(1), 1, 1);

        static final Key.Entries ENTRIES = new Key.Entries(
                "processes",
                List.of(NAME, PID_FILE, COMMON.interval(), COMMON.failures(), COMMON.success(), WEIGHT),
                0,
                MOST_OF_A_KIND,
                "Processes that have to run.");

        private Processes() {}
    }

    /** Below an entry of {@code track.files}. */
    static final class Files {

        /** What is made of what the file holds. */
        enum Content {
            IGNORED,
            WEIGHT
        }

        static final Key.Scalar<String> PATH = Key.required("path", path(), "The file.");

        static final Key.Scalar<Content> CONTENT = Key.optional(
                "content",
                ScalarTypes.word(Content.class),
                Content.IGNORED,
                "With ignored the file has to be there. With weight it may hold a number, which is added to the priority, or"
                        + " the word fault; without the file nothing is added, and what cannot be understood changes"
                        + " nothing.");

        private static final Common COMMON = common(ofSeconds(1), 1, 1);

        static final Key.Entries ENTRIES = new Key.Entries(
                "files",
                List.of(PATH, CONTENT, COMMON.interval(), COMMON.failures(), COMMON.success(), WEIGHT),
                0,
                MOST_OF_A_KIND,
                "Files that have to be there, or that hold a weight.");

        private Files() {}
    }

    /** Below an entry of {@code track.services}. */
    static final class Services {
        static final Key.Scalar<String> NAME = Key.required("name", ScalarTypes.name(), "The service.");

        static final Key.Entries ENTRIES = new Key.Entries(
                "services",
                List.of(NAME, WEIGHT),
                0,
                MOST_OF_A_KIND,
                "Services of this node that have to have enough healthy backends.");

        private Services() {}
    }

    static final Key.Section SECTION = new Key.Section(
            "track",
            List.of(
                    Interfaces.ENTRIES,
                    Neighbours.ENTRIES,
                    Scripts.ENTRIES,
                    Processes.ENTRIES,
                    Files.ENTRIES,
                    Services.ENTRIES),
            "What this node needs to be Active, besides its link: docs/tracking.md tells which tracker and which weight suit"
                    + " what. The virtual router starts once all of it was looked at.");

    private static Common common(Duration interval, int failures, int success) {
        return new Common(
                Key.optional(
                        "interval",
                        ScalarTypes.duration(ofMillis(50), ofHours(1)),
                        interval,
                        "The pause between the starts of two looks."),
                Key.optional(
                        "failures",
                        ScalarTypes.integer(1, 100),
                        failures,
                        "How many failures in a row count as one; the first look after the start decides alone."),
                Key.optional(
                        "success", ScalarTypes.integer(1, 100), success, "How many successes in a row end a failure."));
    }

    private static int weight(String text) {
        int sign = text.startsWith("-") ? -1 : 1;
        return sign * ScalarTypes.decimal(sign < 0 ? text.substring(1) : text, 1, Effect.Weight.LARGEST);
    }

    /** An absolute path. */
    static ScalarType<String> path() {
        return new ScalarType<>(
                "an absolute path",
                ScalarType.Form.TEXT,
                text -> {
                    if (!text.startsWith("/") || text.indexOf('\0') >= 0) {
                        throw new IllegalArgumentException(text);
                    }
                    return text;
                },
                value -> value);
    }

    private static ScalarType<String> argument() {
        return new ScalarType<>(
                "the absolute path of a program, or an argument",
                ScalarType.Form.TEXT,
                text -> {
                    if (text.indexOf('\0') >= 0) {
                        throw new IllegalArgumentException(text);
                    }
                    return text;
                },
                value -> value);
    }

    /** The trackers of a virtual router in which no mistake was found. */
    static List<TrackerConfig> read(WrittenSection router) {
        WrittenSection track = router.section(SECTION);
        List<TrackerConfig> trackers = new ArrayList<>();
        for (WrittenSection each : track.entries(Interfaces.ENTRIES)) {
            trackers.add(new InterfaceTracker(
                    ConfigBuilder.get(each, Interfaces.NAME),
                    ConfigBuilder.get(each, Interfaces.ADDRESS),
                    pace(each, Interfaces.COMMON),
                    effect(each)));
        }
        for (WrittenSection each : track.entries(Neighbours.ENTRIES)) {
            trackers.add(new NeighbourTracker(
                    ConfigBuilder.get(each, Neighbours.NAME),
                    ConfigBuilder.get(each, Neighbours.INTERFACE),
                    ConfigBuilder.all(each, Neighbours.ADDRESSES),
                    pace(each, Neighbours.COMMON),
                    effect(each)));
        }
        for (WrittenSection each : track.entries(Scripts.ENTRIES)) {
            trackers.add(new ScriptTracker(
                    ConfigBuilder.get(each, Scripts.NAME),
                    ConfigBuilder.all(each, Scripts.COMMAND),
                    ConfigBuilder.get(each, Scripts.TIMEOUT),
                    pace(each, Scripts.COMMON),
                    effect(each)));
        }
        for (WrittenSection each : track.entries(Processes.ENTRIES)) {
            trackers.add(new ProcessTracker(
                    ConfigBuilder.get(each, Processes.NAME),
                    Optional.ofNullable(each.value(Processes.PID_FILE)),
                    pace(each, Processes.COMMON),
                    effect(each)));
        }
        for (WrittenSection each : track.entries(Files.ENTRIES)) {
            boolean stated = each.value(Files.CONTENT) == Files.Content.WEIGHT;
            trackers.add(new FileTracker(
                    ConfigBuilder.get(each, Files.PATH),
                    pace(each, Files.COMMON),
                    stated ? new Effect.Stated() : effect(each)));
        }
        for (WrittenSection each : track.entries(Services.ENTRIES)) {
            trackers.add(new ServiceTracker(ConfigBuilder.get(each, Services.NAME), effect(each)));
        }
        return trackers;
    }

    private static Pace pace(WrittenSection tracker, Common common) {
        return new Pace(
                ConfigBuilder.get(tracker, common.interval()),
                ConfigBuilder.get(tracker, common.failures()),
                ConfigBuilder.get(tracker, common.success()));
    }

    static Effect effect(WrittenSection tracker) {
        Integer weight = tracker.value(WEIGHT);
        return weight == null ? new Effect.Fault() : new Effect.Weight(weight);
    }

    /** Puts the trackers below the given virtual router. */
    static void write(List<TrackerConfig> trackers, EffectiveConfig.Tree router) {
        List<EffectiveConfig.Tree> interfaces = new ArrayList<>();
        List<EffectiveConfig.Tree> neighbours = new ArrayList<>();
        List<EffectiveConfig.Tree> scripts = new ArrayList<>();
        List<EffectiveConfig.Tree> processes = new ArrayList<>();
        List<EffectiveConfig.Tree> files = new ArrayList<>();
        List<EffectiveConfig.Tree> services = new ArrayList<>();
        for (TrackerConfig tracker : trackers) {
            EffectiveConfig.Tree tree = new EffectiveConfig.Tree();
            switch (tracker) {
                case InterfaceTracker link -> {
                    tree.put(Interfaces.NAME, link.name()).put(Interfaces.ADDRESS, link.address());
                    putPace(tree, link.pace(), Interfaces.COMMON);
                    interfaces.add(tree);
                }
                case NeighbourTracker neighbour -> {
                    tree.put(Neighbours.NAME, neighbour.name())
                            .put(Neighbours.INTERFACE, neighbour.interfaceName())
                            .putAll(Neighbours.ADDRESSES, neighbour.addresses());
                    putPace(tree, neighbour.pace(), Neighbours.COMMON);
                    neighbours.add(tree);
                }
                case ScriptTracker script -> {
                    tree.put(Scripts.NAME, script.name())
                            .putAll(Scripts.COMMAND, script.command())
                            .put(Scripts.TIMEOUT, script.timeout());
                    putPace(tree, script.pace(), Scripts.COMMON);
                    scripts.add(tree);
                }
                case ProcessTracker process -> {
                    tree.put(Processes.NAME, process.name());
                    process.pidFile().ifPresent(file -> tree.put(Processes.PID_FILE, file));
                    putPace(tree, process.pace(), Processes.COMMON);
                    processes.add(tree);
                }
                case FileTracker file -> {
                    boolean stated = file.effect() instanceof Effect.Stated;
                    tree.put(Files.PATH, file.path())
                            .put(Files.CONTENT, stated ? Files.Content.WEIGHT : Files.Content.IGNORED);
                    putPace(tree, file.pace(), Files.COMMON);
                    files.add(tree);
                }
                case ServiceTracker service -> services.add(tree.put(Services.NAME, service.name()));
            }
            if (tracker.effect() instanceof Effect.Weight weight) {
                tree.put(WEIGHT, weight.weight());
            }
        }
        router.putTree(
                SECTION,
                new EffectiveConfig.Tree()
                        .putTrees(Interfaces.ENTRIES, interfaces)
                        .putTrees(Neighbours.ENTRIES, neighbours)
                        .putTrees(Scripts.ENTRIES, scripts)
                        .putTrees(Processes.ENTRIES, processes)
                        .putTrees(Files.ENTRIES, files)
                        .putTrees(Services.ENTRIES, services));
    }

    private static void putPace(EffectiveConfig.Tree tree, Pace pace, Common common) {
        tree.put(common.interval(), pace.interval())
                .put(common.failures(), pace.failures())
                .put(common.success(), pace.success());
    }
}
