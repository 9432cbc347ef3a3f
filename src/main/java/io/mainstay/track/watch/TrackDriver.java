// SPDX-License-Identifier: Apache-2.0
package io.mainstay.track.watch;

import io.mainstay.kernel.KernelEvent;
import io.mainstay.kernel.KernelException;
import io.mainstay.time.MonotonicInstant;
import io.mainstay.track.Observation;
import io.mainstay.track.PriorityAccount;
import io.mainstay.track.TrackerConfig;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the time of all trackers, and tells what they come to.
 *
 * <p>An interface is also looked at whenever the kernel says that something happened to it, and a service when one of its
 * backends changed. Such a look counts only if it sees something else than the last one, so that several messages about one
 * change do not pass for several looks.
 *
 * <p>Threads: {@link #run} or {@link #runOnce} belong to one, the tracking thread. {@link #serviceChanged},
 * {@link #configure}, {@link #stop} and {@link #snapshot} may be called from any.
 */
public final class TrackDriver {

    private static final Duration PAUSE_AFTER_FAILED_WAIT = Duration.ofMillis(100);

    private final WatchPorts ports;
    private final TrackListener listener;
    private List<Scope> scopes;
    private final Queue<Runnable> inbox = new ConcurrentLinkedQueue<>();
    private volatile Map<String, TrackSnapshot> published = Map.of();
    private volatile boolean stopped;

    /** What is tracked together, with what it came to last. */
    private static final class Scope {
        private final TrackedScope config;
        private final List<Watch> watches;

        /** Whether its virtual routers run already: what was not looked at yet then counts for nothing. */
        private final boolean running;

        private PriorityAccount account;

        /** A scope of a node that starts. */
        private Scope(TrackedScope config, List<Watch> watches) {
            this.config = config;
            this.watches = watches;
            running = false;
            account = sum();
        }

        /** A scope that takes the place of another. */
        private Scope(TrackedScope config, List<Watch> watches, PriorityAccount before) {
            this.config = config;
            this.watches = watches;
            running = before.undecided().isEmpty();
            account = before;
        }

        private PriorityAccount sum() {
            return new PriorityAccount(
                    config.base(),
                    watches.stream()
                            .filter(watch -> !running || !watch.isUndecided())
                            .map(watch -> watch.tracker().standing())
                            .toList());
        }

        private Optional<Watch> watchOf(TrackerConfig tracker) {
            return watches.stream()
                    .filter(watch -> watch.tracker().config().equals(tracker))
                    .findFirst();
        }
    }

    /** A driver that has not looked at anything yet; its first turn does. */
    public TrackDriver(List<TrackedScope> scopes, WatchPorts ports, TrackListener listener) {
        this.ports = ports;
        this.listener = listener;
        this.scopes = scopes.stream().map(this::scope).toList();
        publish();
    }

    private Scope scope(TrackedScope config) {
        return new Scope(
                config,
                config.trackers().stream()
                        .map(tracker -> watch(tracker, config))
                        .toList());
    }

    private Watch watch(TrackerConfig tracker, TrackedScope scope) {
        return new Watch(tracker, look(tracker, scope.name()), ports.clock().now());
    }

    /**
     * Tracks this from now on, for virtual routers that run. A tracker that stays as it is keeps its state; one that is new
     * counts once it was looked at; one that is gone counts no more.
     */
    public void configure(List<TrackedScope> newScopes) {
        tell(() -> take(newScopes));
    }

    private void take(List<TrackedScope> newScopes) {
        List<Scope> before = scopes;
        scopes = newScopes.stream().map(config -> renewed(config, before)).toList();
        before.stream()
                .flatMap(scope -> scope.watches.stream())
                .filter(watch -> !isWatched(watch))
                .forEach(watch -> watch.look().close());
        for (Scope old : before) {
            if (scopes.stream().noneMatch(scope -> isOfSame(scope, old.config))) {
                listener.onAccount(old.config, old.account, new PriorityAccount(old.config.base(), List.of()));
            }
        }
    }

    private boolean isWatched(Watch watch) {
        return scopes.stream().anyMatch(scope -> scope.watches.contains(watch));
    }

    private static boolean isOfSame(Scope scope, TrackedScope config) {
        return scope.config.routers().equals(config.routers());
    }

    private Scope renewed(TrackedScope config, List<Scope> before) {
        Optional<Scope> old =
                before.stream().filter(scope -> isOfSame(scope, config)).findFirst();
        List<Watch> watches = config.trackers().stream()
                .map(tracker -> old.flatMap(scope -> scope.watchOf(tracker)).orElseGet(() -> watch(tracker, config)))
                .toList();
        PriorityAccount account = old.map(scope -> scope.account).orElse(new PriorityAccount(config.base(), List.of()));
        return new Scope(config, watches, account);
    }

    private Look look(TrackerConfig tracker, String scope) {
        return switch (tracker) {
            case TrackerConfig.InterfaceTracker link ->
                new InterfaceLook(link, ports.links(), ports.addresses(), ports.virtualAddresses());
            case TrackerConfig.NeighbourTracker neighbour ->
                new NeighbourLook(neighbour, ports.events(), ports.links(), ports.neighbours());
            case TrackerConfig.ScriptTracker script -> new ScriptLook(script, scope, ports.commands());
            case TrackerConfig.ProcessTracker process -> new ProcessLook(process, ports.proc());
            case TrackerConfig.FileTracker file -> new FileLook(file);
            case TrackerConfig.ServiceTracker service -> new ServiceLook(service, ports.pools());
        };
    }

    /** Runs until {@link #stop}. */
    public void run() {
        try {
            while (!stopped) {
                runOnce();
            }
        } finally {
            ports.events().close();
        }
    }

    /** One turn: waits for an event, a result or the next look, then does all that is due. */
    public void runOnce() {
        receive();
        Runnable arrived;
        while ((arrived = inbox.poll()) != null) {
            arrived.run();
        }
        for (Scope scope : scopes) {
            scope.watches.forEach(watch -> attend(scope, watch));
            settle(scope);
        }
        publish();
    }

    private void receive() {
        try {
            ports.events().await(nextDeadline(), this::onEvent);
        } catch (KernelException e) {
            // What was to be waited for is looked at anyway; only not in a hurry.
            LockSupport.parkNanos(PAUSE_AFTER_FAILED_WAIT.toNanos());
        }
    }

    /** When the loop wants to run again even if nothing happens. */
    Optional<MonotonicInstant> nextDeadline() {
        return scopes.stream()
                .flatMap(scope -> scope.watches.stream())
                .map(Watch::nextLook)
                .reduce(MonotonicInstant::earlierOf);
    }

    private void onEvent(KernelEvent event) {
        for (Scope scope : scopes) {
            for (Watch watch : scope.watches) {
                if (watch.look().concerns(event)) {
                    watch.disturb();
                }
            }
        }
    }

    private void disturb(Predicate<TrackerConfig> which) {
        for (Scope scope : scopes) {
            for (Watch watch : scope.watches) {
                if (which.test(watch.tracker().config())) {
                    watch.disturb();
                }
            }
        }
    }

    private void attend(Scope scope, Watch watch) {
        MonotonicInstant now = ports.clock().now();
        boolean disturbed = watch.takeDisturbed();
        if (watch.takeDue(now)) {
            look(scope, watch, now);
        } else if (disturbed) {
            Observation seen = watch.look().lookAgain();
            if (watch.isNews(seen)) {
                record(scope, watch, seen);
            }
        }
    }

    private void look(Scope scope, Watch watch, MonotonicInstant now) {
        @Nullable MonotonicInstant underWay = watch.underWaySince();
        if (watch.isQuick()) {
            record(scope, watch, watch.look().look());
        } else if (underWay != null) {
            record(
                    scope,
                    watch,
                    new Observation.Bad(
                            "the last look began " + now.since(underWay).toMillis() + "ms ago and has not come back"));
        } else {
            watch.begin(now);
            ports.workers().execute(() -> lookAside(scope, watch));
        }
    }

    /** Called by a worker. */
    private void lookAside(Scope scope, Watch watch) {
        try {
            Observation seen = watch.look().look();
            tell(() -> {
                watch.end();
                if (isWatched(watch)) {
                    record(scope, watch, seen);
                }
            });
        } catch (RuntimeException | Error e) {
            tell(() -> {
                throw new IllegalStateException(
                        "looking at " + watch.tracker().config().id() + " failed", e);
            });
        }
    }

    private void tell(Runnable news) {
        inbox.add(news);
        ports.events().wake();
    }

    private void record(Scope scope, Watch watch, Observation seen) {
        boolean news = watch.isNews(seen);
        boolean changed = watch.record(seen, ports.clock().now());
        if (changed) {
            listener.onTracker(scope.config, watch.tracker().standing());
        }
        if (news && seen instanceof Observation.Unclear && !watch.isUndecided()) {
            listener.onUnclear(scope.config, watch.tracker().standing());
        }
    }

    private void settle(Scope scope) {
        PriorityAccount before = scope.account;
        PriorityAccount after = scope.sum();
        boolean news = !after.effective().equals(before.effective())
                || !after.fault().equals(before.fault())
                || !after.undecided().equals(before.undecided());
        scope.account = after;
        if (news) {
            listener.onAccount(scope.config, before, after);
        }
    }

    private void publish() {
        Map<String, TrackSnapshot> snapshots = new HashMap<>();
        for (Scope scope : scopes) {
            TrackSnapshot snapshot = new TrackSnapshot(
                    scope.account,
                    scope.watches.stream()
                            .map(watch ->
                                    new TrackSnapshot.Entry(watch.tracker().standing(), watch.since()))
                            .toList());
            scope.config.routers().forEach(router -> snapshots.put(router, snapshot));
        }
        published = Map.copyOf(snapshots);
    }

    /** A backend of some service changed. */
    public void serviceChanged() {
        tell(() -> disturb(config -> config instanceof TrackerConfig.ServiceTracker));
    }

    /** What is tracked for a virtual router; empty if nothing is. */
    public Optional<TrackSnapshot> snapshot(String router) {
        return Optional.ofNullable(published.get(router));
    }

    /** Ends {@link #run} soon. Looks that are under way go on by themselves. */
    public void stop() {
        stopped = true;
        ports.events().wake();
    }
}
