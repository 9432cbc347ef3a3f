// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.wire.ProxyHeaderEncoder;
import io.mainstay.health.AgentCheckConfig;
import io.mainstay.health.HealthCheckConfig;
import io.mainstay.health.Payload;
import io.mainstay.health.probe.ProbeOutcome;
import io.mainstay.health.probe.ProbeTarget;
import io.mainstay.health.probe.Prober;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.random.RandomGenerator;

/** Everything that one backend is asked again and again. Lives on the control thread of the engine. */
final class BackendCheck {

    private static final String NO_PORT = " (does not count: this node has no port left)";

    private final LiveService service;

    /** Of the service, when this was made: they say what is asked. */
    private final ProxyService settings;

    private final LiveBackend backend;
    private final Prober prober;
    private final LinkWatch links;
    private final ProbeTarget target;
    private final List<Repetition> repetitions = new ArrayList<>();

    BackendCheck(
            LiveService service,
            LiveBackend backend,
            Prober prober,
            LinkWatch links,
            EventLoop loop,
            RandomGenerator random) {
        this.service = service;
        settings = service.settings();
        this.backend = backend;
        this.prober = prober;
        this.links = links;
        target =
                new ProbeTarget(service.name(), backend.name(), backend.config().address(), preface(settings));
        List<HealthCheckConfig> checks = settings.health().checks();
        for (int i = 0; i < checks.size(); i++) {
            HealthCheckConfig check = checks.get(i);
            int index = i;
            repetitions.add(new Repetition(
                    check.pace().interval(),
                    told -> prober.start(check, target, told),
                    outcome -> onCheck(index, check, outcome),
                    loop,
                    random));
        }
        settings.health()
                .agent()
                .ifPresent(agent -> repetitions.add(new Repetition(
                        agent.interval(),
                        told -> prober.ask(agent, target, told),
                        outcome -> onAgent(agent, outcome),
                        loop,
                        random)));
    }

    /** Checks are made by this node for itself, and say so to backends that expect to be told. */
    private static Payload preface(ProxyService settings) {
        return settings.traffic()
                .proxyProtocol()
                .send()
                .map(version -> new Payload("hex:" + HexFormat.of().formatHex(ProxyHeaderEncoder.forSelf(version))))
                .orElse(Payload.NONE);
    }

    /** Whether the one is checked in another way than the other. */
    static boolean differ(ProxyService one, ProxyService other) {
        return !one.health().equals(other.health()) || !preface(one).equals(preface(other));
    }

    /** Starts checking, at once but for a small jitter; nothing if it runs already. */
    void start() {
        repetitions.forEach(Repetition::start);
    }

    /** Looks again at once. */
    void hurry() {
        repetitions.forEach(Repetition::hurry);
    }

    /** Stops checking; a check that is under way is dropped. */
    void stop() {
        repetitions.forEach(Repetition::stop);
    }

    private Duration onCheck(int index, HealthCheckConfig check, ProbeOutcome outcome) {
        String excuse = excuse(outcome);
        boolean soon = service.onCheck(
                backend,
                settings,
                index,
                new CheckReport(
                        Instant.now(),
                        outcome.finding().success(),
                        outcome.finding().detail() + excuse,
                        outcome.duration()),
                !excuse.isEmpty());
        return soon ? check.pace().fastInterval() : check.pace().interval();
    }

    /** Why a failure does not count; empty: it does, or there is none. */
    private String excuse(ProbeOutcome outcome) {
        if (outcome.finding().success()) {
            return "";
        }
        if (!outcome.finding().asked()) {
            return NO_PORT;
        }
        return links.excuses(backend.address(), outcome.duration()) ? LinkWatch.EXCUSE : "";
    }

    private Duration onAgent(AgentCheckConfig agent, ProbeOutcome outcome) {
        service.onAgent(backend, settings, outcome.finding());
        return agent.interval();
    }

    /** Asks everything once, apart from the rest, for somebody who wants to look. */
    void lookOnce(LookOnce look) {
        look.route(LinkWatch.pathTo(backend.address()));
        for (HealthCheckConfig check : settings.health().checks()) {
            prober.start(check, target, look.expect(check.shown()));
        }
        settings.health()
                .agent()
                .ifPresent(agent -> prober.ask(agent, target, look.expect("agent on port " + agent.port())));
    }
}
