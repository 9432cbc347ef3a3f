// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.config.Schema.VirtualRouter;
import io.mainstay.config.WrittenSection.Item;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Priority;
import io.mainstay.track.Effect;
import io.mainstay.track.PriorityAccount;
import io.mainstay.track.TrackerId;
import io.mainstay.track.TrackerStanding;
import io.mainstay.track.TrackerStanding.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What must hold of the trackers and hooks of the virtual routers, and which weights cannot do what they are there for. Works
 * on what could be read, so that one run finds all.
 */
final class TrackChecks {

    /** The pair of the manual has priorities 250 and 245. */
    private static final int LIKELY_DISTANCE = 5;

    private final Problems problems;
    private final Function<String, String> unexecutable;
    private final Set<String> services;

    /** Trackers by scope: the sync group, or the virtual router itself. */
    private final Map<String, Map<TrackerId, String>> trackers = new HashMap<>();

    /**
     * One tracker as it is written.
     *
     * @param key that names it
     */
    private record Written(WrittenSection section, TrackerId id, Key key, boolean stated) {}

    /** @param unexecutable why a program cannot be executed; empty if it can, or if that cannot be told */
    TrackChecks(Problems problems, Function<String, String> unexecutable, List<WrittenSection> services) {
        this.problems = problems;
        this.unexecutable = unexecutable;
        this.services = services.stream()
                .map(DerivedDefaults::nameOfService)
                .filter(name -> name != null)
                .collect(Collectors.toSet());
    }

    void check(List<WrittenSection> routers) {
        for (WrittenSection router : routers) {
            List<Written> written = trackersOf(router);
            written.forEach(tracker -> checkOnce(router, tracker));
            checkOwnInterface(router);
            router.section(TrackKeys.SECTION)
                    .entries(TrackKeys.Neighbours.ENTRIES)
                    .forEach(each -> checkNeighbours(router, each));
            router.section(TrackKeys.SECTION).entries(TrackKeys.Scripts.ENTRIES).forEach(this::checkScript);
            router.section(TrackKeys.SECTION)
                    .entries(TrackKeys.Services.ENTRIES)
                    .forEach(this::checkService);
            written.forEach(this::checkStated);
            checkWeights(router, written);
            checkHooks(router.section(HookKeys.SECTION));
        }
    }

    private static List<Written> trackersOf(WrittenSection router) {
        WrittenSection track = router.section(TrackKeys.SECTION);
        List<Written> all = new ArrayList<>();
        track.entries(TrackKeys.Interfaces.ENTRIES)
                .forEach(each -> add(all, each, TrackerId.Kind.INTERFACE, TrackKeys.Interfaces.NAME));
        track.entries(TrackKeys.Neighbours.ENTRIES)
                .forEach(each -> add(all, each, TrackerId.Kind.NEIGHBOURS, TrackKeys.Neighbours.NAME));
        track.entries(TrackKeys.Scripts.ENTRIES)
                .forEach(each -> add(all, each, TrackerId.Kind.SCRIPT, TrackKeys.Scripts.NAME));
        track.entries(TrackKeys.Processes.ENTRIES)
                .forEach(each -> add(all, each, TrackerId.Kind.PROCESS, TrackKeys.Processes.NAME));
        track.entries(TrackKeys.Files.ENTRIES)
                .forEach(each -> add(all, each, TrackerId.Kind.FILE, TrackKeys.Files.PATH));
        track.entries(TrackKeys.Services.ENTRIES)
                .forEach(each -> add(all, each, TrackerId.Kind.SERVICE, TrackKeys.Services.NAME));
        return all;
    }

    private static void add(List<Written> all, WrittenSection section, TrackerId.Kind kind, Key.Scalar<?> key) {
        Object name = section.value(key);
        if (name != null) {
            boolean stated = kind == TrackerId.Kind.FILE
                    && section.value(TrackKeys.Files.CONTENT) == TrackKeys.Files.Content.WEIGHT;
            all.add(new Written(section, new TrackerId(kind, name.toString()), key, stated));
        }
    }

    /** In a sync group the weights of all members count for all, so that the same thing must not be tracked twice there. */
    private void checkOnce(WrittenSection router, Written tracker) {
        String group = router.value(VirtualRouter.SYNC_GROUP);
        String scope = group == null ? "router " + router.path() : "group " + group;
        String other = trackers.computeIfAbsent(scope, fresh -> new HashMap<>())
                .putIfAbsent(tracker.id(), tracker.section().path());
        if (other != null) {
            problems.refuse(
                    tracker.section().placeOf(tracker.key()),
                    tracker.section().pathOf(tracker.key()),
                    tracker.id().name(),
                    "each " + kind(tracker.id()) + " once" + (group == null ? "" : " in sync group " + group) + "; "
                            + other + " tracks this one");
        }
    }

    private static String kind(TrackerId id) {
        return id.toString().substring(0, id.toString().indexOf(' '));
    }

    private void checkOwnInterface(WrittenSection router) {
        InterfaceName own = router.value(VirtualRouter.INTERFACE);
        for (WrittenSection each : router.section(TrackKeys.SECTION).entries(TrackKeys.Interfaces.ENTRIES)) {
            if (own != null && own.equals(each.value(TrackKeys.Interfaces.NAME))) {
                problems.warn(
                        each.placeOf(TrackKeys.Interfaces.NAME),
                        each.pathOf(TrackKeys.Interfaces.NAME),
                        "has no effect: " + own
                                + " is the interface of the virtual router itself, and a fault of that is"
                                + " a fault in any case");
            }
        }
    }

    /** Virtual addresses answer from where the Active is, which is this node itself or the one that cannot be reached. */
    private void checkNeighbours(WrittenSection router, WrittenSection tracker) {
        List<Item<IpAddress>> addresses = tracker.items(TrackKeys.Neighbours.ADDRESSES);
        Set<IpAddress> virtual = router.items(VirtualRouter.ADDRESSES).stream()
                .map(item -> item.value().address())
                .collect(Collectors.toSet());
        for (Item<IpAddress> address : addresses) {
            if (virtual.contains(address.value())) {
                problems.refuse(
                        address.place(),
                        address.path(),
                        address.value().toString(),
                        "the address of another host, such as the gateway; this is an address of the virtual router"
                                + " itself");
            }
        }
        if (addresses.size() == 1 && tracker.value(TrackKeys.WEIGHT) == null) {
            problems.warn(
                    tracker.placeOf(TrackKeys.Neighbours.ADDRESSES),
                    tracker.pathOf(TrackKeys.Neighbours.ADDRESSES),
                    "when " + addresses.getFirst().value()
                            + " alone fails, every node that tracks it gives the addresses up"
                            + " and nobody serves: name the gateway and the other node, of which one is enough");
        }
    }

    private void checkScript(WrittenSection script) {
        List<Item<String>> command = script.items(TrackKeys.Scripts.COMMAND);
        if (!command.isEmpty()) {
            checkProgram(command.getFirst(), command.getFirst().value());
        }
        Duration interval = script.value(TrackKeys.Scripts.INTERVAL);
        Duration timeout = script.value(TrackKeys.Scripts.TIMEOUT);
        if (interval != null && timeout != null && timeout.compareTo(interval) >= 0) {
            boolean blameTimeout = script.has(TrackKeys.Scripts.TIMEOUT);
            Key key = blameTimeout ? TrackKeys.Scripts.TIMEOUT : TrackKeys.Scripts.INTERVAL;
            problems.refuse(
                    script.placeOf(key),
                    script.pathOf(key),
                    Durations.format(blameTimeout ? timeout : interval),
                    blameTimeout
                            ? "shorter than the interval of " + Durations.format(interval)
                            : "longer than the timeout of " + Durations.format(timeout));
        }
    }

    private void checkProgram(Item<?> program, String path) {
        String reason = path.startsWith("/") ? unexecutable.apply(path) : "no absolute path";
        if (!reason.isEmpty()) {
            problems.error(
                    program.place(),
                    program.path(),
                    Problems.shown(path) + ": " + reason
                            + " (expected: the absolute path of a program that can be executed)");
        }
    }

    private void checkHooks(WrittenSection hooks) {
        HookKeys.LISTS.forEach(list -> hooks.items(list)
                .forEach(program -> checkProgram(program, program.value().path())));
    }

    private void checkService(WrittenSection tracker) {
        String name = tracker.value(TrackKeys.Services.NAME);
        if (name != null && !services.contains(name)) {
            problems.refuse(
                    tracker.placeOf(TrackKeys.Services.NAME),
                    tracker.pathOf(TrackKeys.Services.NAME),
                    name,
                    services.isEmpty()
                            ? "a service of this file, which has none"
                            : "one of the services "
                                    + String.join(
                                            ", ", services.stream().sorted().toList()));
        }
    }

    private void checkStated(Written tracker) {
        if (tracker.stated() && tracker.section().has(TrackKeys.WEIGHT)) {
            problems.error(
                    tracker.section().placeOf(TrackKeys.WEIGHT),
                    tracker.section().pathOf(TrackKeys.WEIGHT),
                    "given although the file holds the weight (expected: content: ignored, or no weight)");
        }
    }

    private void checkWeights(WrittenSection router, List<Written> written) {
        Priority base = router.value(VirtualRouter.PRIORITY);
        if (base == null) {
            return;
        }
        List<TrackerStanding> allUp =
                written.stream().map(each -> standing(each, State.UP)).toList();
        for (int i = 0; i < written.size(); i++) {
            Written tracker = written.get(i);
            boolean weighs = tracker.stated() || tracker.section().value(TrackKeys.WEIGHT) != null;
            if (!weighs) {
                continue;
            }
            if (base.isOwner()) {
                problems.error(
                        placeOfWeight(tracker),
                        pathOfWeight(tracker),
                        "has no effect (expected: none, so that a failure is a fault: priority 255 owns the addresses and"
                                + " keeps its priority, RFC 9568 §6.1)");
                continue;
            }
            if (!tracker.stated()) {
                checkReach(base, allUp, i, tracker);
            }
            if (Boolean.FALSE.equals(router.value(VirtualRouter.PREEMPT))) {
                problems.warn(
                        placeOfWeight(tracker),
                        pathOfWeight(tracker),
                        "with preempt: false it never causes a failover by itself: a node that does not preempt lets an"
                                + " Active of lower priority be, and the other node does the same if it is configured"
                                + " alike. Without a weight a failure is a fault, and the other node takes over; or set"
                                + " preempt: true with a preempt_delay");
            }
        }
    }

    /** How far the failure of one tracker alone brings the priority down. */
    private void checkReach(Priority base, List<TrackerStanding> allUp, int index, Written tracker) {
        List<TrackerStanding> oneDown = new ArrayList<>(allUp);
        oneDown.set(index, standing(tracker, State.DOWN));
        int best = new PriorityAccount(base, allUp).effective().value();
        int worse = new PriorityAccount(base, oneDown).effective().value();
        if (best == worse) {
            problems.error(
                    placeOfWeight(tracker),
                    pathOfWeight(tracker),
                    "never changes anything: the priority is " + best
                            + " with or without it (expected: a weight that keeps the sum within 1..254)");
        } else if (best - worse <= LIKELY_DISTANCE) {
            problems.warn(
                    placeOfWeight(tracker),
                    pathOfWeight(tracker),
                    "a failure lowers the priority just from " + best + " to " + worse
                            + ": only a node whose priority lies between them takes over then");
        }
    }

    private static TrackerStanding standing(Written written, State state) {
        Effect effect = TrackKeys.effect(written.section());
        int weight = effect instanceof Effect.Weight some ? some.weight() : 0;
        boolean counts = weight < 0 ? state == State.DOWN : state == State.UP;
        return new TrackerStanding(written.id(), effect, state, counts ? weight : 0, "", "");
    }

    private static Place placeOfWeight(Written tracker) {
        return tracker.section().placeOf(keyOfWeight(tracker));
    }

    private static String pathOfWeight(Written tracker) {
        return tracker.section().pathOf(keyOfWeight(tracker));
    }

    private static Key keyOfWeight(Written tracker) {
        return tracker.stated() ? TrackKeys.Files.CONTENT : TrackKeys.WEIGHT;
    }
}
