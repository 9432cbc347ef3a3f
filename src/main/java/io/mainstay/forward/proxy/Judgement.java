// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.AdminState;
import io.mainstay.forward.BackendPool;
import io.mainstay.forward.BackendState;
import io.mainstay.health.AgentReport;
import io.mainstay.health.AgentState;
import io.mainstay.health.Finding;
import io.mainstay.health.HealthCheckConfig;
import io.mainstay.health.OutlierConfig;
import io.mainstay.health.ServiceHealthConfig;
import io.mainstay.health.Verdict;
import io.mainstay.time.MonotonicClock;
import java.time.Duration;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * What is held of the backends of a service: takes in what their checks, their agents and the connections of clients say of
 * them. Guarded by the lock of its {@link LiveService}.
 */
final class Judgement {

    private final String service;
    private final Roster roster;
    private final BackendPool<LiveBackend> pool;
    private final StateChanges changes;
    private final MonotonicClock clock;
    private final EventOutlet events;
    private final Consumer<LiveBackend> resetConnections;
    private final BiConsumer<LiveBackend, Duration> readmitAfter;
    private ServiceHealthConfig rules;

    /**
     * @param resetConnections resets every connection that a backend has
     * @param readmitAfter calls {@link #readmit} after so long
     */
    Judgement(
            String service,
            Roster roster,
            BackendPool<LiveBackend> pool,
            StateChanges changes,
            MonotonicClock clock,
            EventOutlet events,
            Consumer<LiveBackend> resetConnections,
            BiConsumer<LiveBackend, Duration> readmitAfter,
            ServiceHealthConfig rules) {
        this.service = service;
        this.roster = roster;
        this.pool = pool;
        this.changes = changes;
        this.clock = clock;
        this.events = events;
        this.resetConnections = resetConnections;
        this.readmitAfter = readmitAfter;
        this.rules = rules;
    }

    void configure(ServiceHealthConfig next) {
        rules = next;
    }

    /**
     * Takes the result of a check in.
     *
     * @param index which of the checks it was
     * @param excused whether it says nothing about the backend
     * @return whether it is worth looking again soon
     */
    boolean onCheck(LiveBackend backend, int index, CheckReport report, boolean excused) {
        backend.setLastCheck(index, report);
        if (excused) {
            return true;
        }
        BackendState before = backend.state();
        Verdict verdictBefore = backend.health().verdict();
        backend.health().record(index, report.success());
        boolean first = verdictBefore == Verdict.UNKNOWN && backend.health().verdict() != Verdict.UNKNOWN;
        if (before != backend.state() || (first && backend.wish() == AdminState.READY)) {
            changes.onChange(backend, first ? null : before, reason(index, report));
            resetIfDown(backend, before);
        } else {
            changes.onStanding(backend);
        }
        return backend.health().isChanging(index);
    }

    private String reason(int index, CheckReport report) {
        List<HealthCheckConfig> checks = rules.checks();
        String which =
                checks.size() == 1 ? "check: " : "check " + checks.get(index).shown() + ": ";
        return which + report.detail();
    }

    /** Takes in what the agent of a backend has said, if it could be asked. */
    void onAgent(LiveBackend backend, Finding finding) {
        if (!finding.success()) {
            return;
        }
        AgentState agent = backend.agent().after(AgentReport.parse(finding.detail()));
        if (agent.equals(backend.agent())) {
            return;
        }
        BackendState before = backend.state();
        backend.setAgent(agent);
        pool.setWanted(backend.candidate(), agent.percent(), agent.maxConnections());
        String reason = "agent: " + finding.detail();
        if (backend.state() == before) {
            events.tell(new ProxyEvent.AgentSaid(service, backend.name(), finding.detail()));
            changes.onStanding(backend);
            changes.onWeightChange(backend, reason);
        } else {
            changes.onChange(backend, before, reason);
            resetIfDown(backend, before);
        }
    }

    /** What is found dead, other than suspected by the connections of clients, may lose those that it has. */
    private void resetIfDown(LiveBackend backend, BackendState before) {
        if (before == BackendState.HEALTHY
                && backend.state() == BackendState.UNHEALTHY
                && rules.onDown() == ServiceHealthConfig.OnDown.RESET) {
            resetConnections.accept(backend);
        }
    }

    /** A connection to a backend was not made. */
    void onConnectFailed(LiveBackend backend, Duration after, String how) {
        backend.candidate().answered(after, clock.now());
        onConnection(backend, false, how);
    }

    /** A connection to a backend was made. */
    void onConnected(LiveBackend backend) {
        if (!countsResets()) {
            onConnection(backend, true, "");
        }
    }

    /** A backend has answered a client for the first time on a connection. */
    void onAnswer(LiveBackend backend, Duration after) {
        backend.candidate().answered(after, clock.now());
        onConnection(backend, true, "");
    }

    /** A connection has ended before the backend has answered. */
    void onEndWithoutAnswer(LiveBackend backend, boolean resetByBackend) {
        if (countsResets()) {
            onConnection(backend, !resetByBackend, "reset before an answer");
        }
    }

    private boolean countsResets() {
        return rules.outliers().map(OutlierConfig::countResets).orElse(false);
    }

    /** Takes in how the connection of a client to a backend fared. */
    private void onConnection(LiveBackend backend, boolean success, String how) {
        OutlierConfig config = rules.outliers().orElse(null);
        if (config == null || !backend.outlier().record(success, config)) {
            return;
        }
        int wanted = 0;
        int ejected = 0;
        for (LiveBackend each : roster.configured()) {
            wanted += each.wish() == AdminState.READY ? 1 : 0;
            ejected += each.isEjected() ? 1 : 0;
        }
        if (backend.state() == BackendState.HEALTHY && ejected < config.mostEjected(wanted)) {
            eject(backend, config, how);
        }
    }

    private void eject(LiveBackend backend, OutlierConfig config, String how) {
        int failures = backend.outlier().failuresInARow();
        Duration length = backend.outlier().eject(config, clock.now());
        backend.setEjected(true);
        changes.onChange(
                backend,
                BackendState.HEALTHY,
                "ejected for " + length.toMillis() / 1000.0 + "s: " + failures
                        + " connections of clients failed in a row, the last one: " + how);
        readmitAfter.accept(backend, length);
    }

    /** Ends an ejection whose time is over, if nothing else has. */
    void readmit(LiveBackend backend) {
        if (backend.isEjected() && !backend.outlier().isEjected(clock.now())) {
            BackendState before = backend.state();
            backend.setEjected(false);
            changes.onChangeFrom(before, backend, "ejection is over");
        }
    }
}
