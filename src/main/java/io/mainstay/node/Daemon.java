// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.config.MainstayConfig;
import io.mainstay.config.VirtualRouterSettings;
import io.mainstay.control.ControlServer;
import io.mainstay.forward.kernel.KernelEngine;
import io.mainstay.forward.proxy.ConnectionRecord;
import io.mainstay.forward.proxy.ProxyEngine;
import io.mainstay.forward.proxy.ProxyEvent;
import io.mainstay.forward.proxy.ProxySettings;
import io.mainstay.forward.proxy.ProxyStartException;
import io.mainstay.kernel.Commands;
import io.mainstay.kernel.Detours;
import io.mainstay.kernel.Guard;
import io.mainstay.kernel.KernelException;
import io.mainstay.kernel.linux.HangUpSignal;
import io.mainstay.kernel.linux.LinuxKernel;
import io.mainstay.kernel.linux.NotifySocket;
import io.mainstay.kernel.linux.SessionCommands;
import io.mainstay.kernel.linux.SharedPageGuard;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.observe.EventDraft;
import io.mainstay.observe.EventJournal;
import io.mainstay.observe.LineLog;
import io.mainstay.track.watch.TrackDriver;
import io.mainstay.track.watch.TrackedScope;
import io.mainstay.track.watch.WatchPorts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running node: the election, both engines, the journal and the control socket of one configuration.
 *
 * <p>Started by one thread; {@link #stop} may be called from any.
 */
final class Daemon implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Daemon.class);

    private final EventJournal journal;
    private final ElectionDriver election;
    private final ElectionThread electionThread;
    private final SupervisorReports supervisor;
    private final Deque<AutoCloseable> parts;

    private Daemon(
            EventJournal journal,
            ElectionDriver election,
            ElectionThread electionThread,
            SupervisorReports supervisor,
            Deque<AutoCloseable> parts) {
        this.journal = journal;
        this.election = election;
        this.electionThread = electionThread;
        this.supervisor = supervisor;
        this.parts = parts;
    }

    /**
     * Starts everything; the election last, so that no address is taken before its services can be served.
     *
     * @param source where the configuration comes from, for reloads
     * @throws DaemonStartException if a part cannot start; those before it are stopped again
     */
    static Daemon start(ConfigSource source, MainstayConfig config, Path stateDirectory) throws DaemonStartException {
        Deque<AutoCloseable> parts = new ArrayDeque<>();
        try {
            return start(source, config, stateDirectory, parts);
        } catch (DaemonStartException | RuntimeException | Error e) {
            closeAll(parts);
            throw e;
        }
    }

    private static Daemon start(
            ConfigSource source, MainstayConfig config, Path stateDirectory, Deque<AutoCloseable> parts)
            throws DaemonStartException {
        try {
            Guard guard = SharedPageGuard.ofEnvironment(System.getenv());
            LinuxKernel kernel = opened(parts, LinuxKernel.open());
            EventJournal journal = opened(parts, EventJournal.open(stateDirectory, kernel.clock()));
            StartingControl control = new StartingControl();
            // Before anything is touched: the socket tells whether another daemon runs here, whose addresses are not
            // stale.
            opened(parts, ControlServer.open(config.control().socket(), control, journal));
            journal.append(RunEvents.started(config, journal.previousRun(), HostBoot.ofThisHost()));
            // Before the threads that relay, which choose their own share.
            ProcessorShare.favour(journal);
            parts.push(() -> journal.append(RunEvents.stopped()));
            for (InterfaceName leftover : kernel.virtualInterfaces().removeLeftovers()) {
                journal.append(EventDraft.warning(
                        "stale-interface",
                        "node",
                        leftover + " with a virtual MAC was there at start, left behind by an earlier run: removed"));
            }
            removeStaleRules(kernel, journal);
            Optional<LoadedDetours> detours = detours(parts, config, journal);
            LineLog<ConnectionRecord> records = opened(
                    parts,
                    LineLog.open(
                            stateDirectory,
                            ConnectionLines.FILE,
                            ConnectionLines.LARGEST_BYTES,
                            ConnectionLines::line,
                            journal));
            AtomicReference<@Nullable TrackDriver> tracking = new AtomicReference<>();
            Commands commands = commands(config);
            ProxyEngine proxy = opened(
                    parts,
                    ProxyEngine.start(
                            new ProxySettings(
                                    relayThreads(config),
                                    config.virtualAddresses(),
                                    kernel.clock(),
                                    ConnectionBudget.most(config.node().maxConnections()),
                                    commands,
                                    records::offer,
                                    ProcessorShare::takeOrdinary),
                            RunningConfig.services(config),
                            events(journal, tracking)));
            KernelEngine flows = opened(parts, kernelEngine(config, proxy, journal));
            flows.configure(KernelServices.of(config));
            HookDriver hooks = opened(parts, HookDriver.start(config, commands, journal));
            List<TrackedScope> scopes = TrackedScopes.of(config);
            List<RouterSetup> routers = routers(config, scopes);
            ServiceGate gates = new EngineGates(proxy, flows);
            if (!ElectionRehearsal.run(routers, SharedPageGuard.ofNobody(), gates)) {
                journal.append(EventDraft.warning(
                        "rehearsal",
                        "node",
                        "the rehearsal of a takeover was cut short: the first one may take longer"));
            }
            ElectionDriver election = new ElectionDriver(
                    routers,
                    ports(
                            kernel,
                            guard,
                            new EngineDetours(detours.map(Detours.class::cast).orElse(Detours.NONE), flows.detours()),
                            journal),
                    gates,
                    new ElectionListeners(
                            List.of(new ElectionJournal(journal::append), new LinkReports(proxy::linksDown), hooks)));
            TrackDriver trackers = new TrackDriver(
                    scopes,
                    watchPorts(opened(parts, LinuxKernel.open()), commands, proxy, config),
                    new TrackJournal(journal, election));
            tracking.set(trackers);
            RunningConfig running = new RunningConfig(source, config, proxy, flows, journal, changed -> {
                trackers.configure(TrackedScopes.of(changed));
                hooks.configure(changed);
                changed.virtualRouters()
                        .forEach(each -> election.authenticate(
                                each.router().name(), each.authentication().config()));
            });
            NodeStatus status = new NodeStatus(
                    running,
                    election::snapshot,
                    proxy::snapshot,
                    flows,
                    trackers::snapshot,
                    new WallTime(kernel.clock(), InstantSource.system()));
            control.started(new DaemonControl(running, status::snapshot, election, proxy, flows, kernel.clock()));
            ElectionThread electionThread = new ElectionThread(election, journal);
            var unused =
                    proxy.failure().thenAccept(reason -> electionThread.giveUp("the proxy engine failed: " + reason));
            opened(parts, new TrackingThread(trackers, electionThread::giveUp)).start();
            detours.ifPresent(LoadedDetours::await);
            electionThread.start();
            SupervisorReports supervisor = opened(
                    parts,
                    new SupervisorReports(
                            NotifySocket.ofEnvironment(
                                    System.getenv(), ProcessHandle.current().pid()),
                            election::snapshot,
                            kernel.clock()));
            HangUpSignal.onHangUp(() -> supervisor.reloading(running::reload));
            supervisor.start();
            return new Daemon(journal, election, electionThread, supervisor, parts);
        } catch (IOException | ProxyStartException e) {
            throw new DaemonStartException(String.valueOf(e.getMessage()), e);
        } catch (KernelException e) {
            throw new DaemonStartException(e.getMessage() + " (expected: root, or CAP_NET_ADMIN and CAP_NET_RAW)", e);
        }
    }

    private static int relayThreads(MainstayConfig config) {
        int wanted = config.node().relayThreads();
        return wanted == 0 ? Runtime.getRuntime().availableProcessors() : wanted;
    }

    /** One that an earlier run has left would take connections to an address of another node in. */
    private static void removeStaleRules(LinuxKernel kernel, EventJournal journal) {
        try {
            for (IpAddress address : kernel.keptConnections().removeLeftovers()) {
                journal.append(EventDraft.warning(
                        "stale-rule",
                        "node",
                        "a routing rule for connections to " + address
                                + " was there at start, left behind by an earlier run: removed"));
            }
        } catch (KernelException e) {
            journal.append(
                    EventDraft.warning("stale-rule", "node", "routing rules cannot be looked at: " + e.getMessage()));
        }
    }

    /** Empty where connections are not to live on after a hand-over. */
    private static Optional<LoadedDetours> detours(
            Deque<AutoCloseable> parts, MainstayConfig config, EventJournal journal) {
        List<VirtualRouterSettings> draining = config.virtualRouters().stream()
                .filter(settings -> settings.drainTimeout().isPositive())
                .toList();
        if (draining.isEmpty()) {
            return Optional.empty();
        }
        Set<InterfaceName> interfaces = draining.stream()
                .map(settings -> settings.router().interfaceName())
                .collect(Collectors.toSet());
        int addresses = draining.stream()
                .mapToInt(settings -> settings.router().addresses().size())
                .sum();
        return Optional.of(opened(
                parts,
                LoadedDetours.start(
                        interfaces,
                        addresses,
                        problem -> journal.append(EventDraft.warning("no-detour", "node", problem)),
                        news -> journal.append(EventDraft.warning("detour", "node", news)))));
    }

    private static KernelEngine kernelEngine(MainstayConfig config, ProxyEngine proxy, EventJournal journal) {
        return new KernelEngine(
                KernelServices.settings(config),
                proxy,
                new LoadedDataPath(config.kernelEngine().maxFlows()),
                problem -> journal.append(EventDraft.warning("kernel_engine", "node", problem)));
    }

    private static ElectionPorts ports(LinuxKernel kernel, Guard guard, Detours detours, EventJournal journal) {
        return new ElectionPorts(
                kernel.events(),
                kernel.addresses(),
                kernel.announcer(),
                new NotedLinks(kernel.links(), journal::append),
                kernel.clock(),
                InstantSource.system(),
                guard,
                kernel.virtualInterfaces(),
                kernel.keptConnections(),
                detours);
    }

    /** @param kernel its own, since the election waits for the events of the other */
    private static WatchPorts watchPorts(
            LinuxKernel kernel, Commands commands, ProxyEngine proxy, MainstayConfig config) {
        return new WatchPorts(
                kernel.events(),
                kernel.links(),
                kernel.addresses(),
                kernel.announcer(),
                kernel.clock(),
                commands,
                new ProxyPools(proxy),
                Executors.newCachedThreadPool(
                        Thread.ofPlatform().name("look-", 0).daemon().factory()),
                Path.of("/proc"),
                config.virtualAddresses());
    }

    /** The journal, and the trackers once they are there. */
    private static Consumer<ProxyEvent> events(EventJournal journal, AtomicReference<@Nullable TrackDriver> tracking) {
        ProxyJournal told = new ProxyJournal(journal);
        return event -> {
            told.accept(event);
            TrackDriver driver = tracking.get();
            if (driver != null && event instanceof ProxyEvent.BackendStateChanged) {
                driver.serviceChanged();
            }
        };
    }

    private static Commands commands(MainstayConfig config) throws DaemonStartException {
        Path runner = Installation.program("mainstay-run");
        if (OperatorPrograms.anyIn(config) && !Files.isExecutable(runner)) {
            throw new DaemonStartException("scripts, hooks and checks of type exec cannot be run: " + runner
                    + " is missing (expected: the program that is shipped beside the daemon)");
        }
        return new SessionCommands(runner);
    }

    private static <T extends AutoCloseable> T opened(Deque<AutoCloseable> parts, T part) {
        parts.push(part);
        return part;
    }

    private static List<RouterSetup> routers(MainstayConfig config, List<TrackedScope> scopes) {
        return config.virtualRouters().stream()
                .map(settings -> new RouterSetup(
                        settings.router(),
                        settings.announce(),
                        settings.authentication().config(),
                        settings.syncGroup(),
                        config.node().startupDelay(),
                        TrackedScopes.beforeTheFirstLook(
                                scopes, settings.router().name()),
                        settings.virtualMac(),
                        settings.drainTimeout()))
                .toList();
    }

    /** Waits until the election has ended: true if it was stopped, false if it failed and gave its addresses up. */
    boolean awaitEnd() {
        return electionThread.ended().join();
    }

    /** Hands over what this node serves, then gives the rest up. {@link #awaitEnd} returns when that is done. */
    void stop() {
        supervisor.stopping();
        journal.append(RunEvents.stopping());
        var unused = election.stop(Optional.empty());
    }

    /** A stop that has begun waits no longer for connections that live on here. */
    void hurry() {
        election.hurry();
    }

    @Override
    public void close() {
        closeAll(parts);
    }

    private static void closeAll(Deque<AutoCloseable> parts) {
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception e) {
                // The process ends anyway; the other parts still have to be closed.
                LOG.warn("stopping: {}", e.toString());
            }
        }
    }
}
