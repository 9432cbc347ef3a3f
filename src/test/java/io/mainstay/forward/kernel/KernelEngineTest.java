// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mainstay.forward.BackendKey;
import io.mainstay.forward.BackendStates;
import io.mainstay.forward.BackendView;
import io.mainstay.forward.Balance;
import io.mainstay.forward.ListenerConfig;
import io.mainstay.forward.OffloadedFlows;
import io.mainstay.forward.RefusalReason;
import io.mainstay.forward.SelectionConfig;
import io.mainstay.forward.ServiceConfig;
import io.mainstay.kernel.FlowProgram;
import io.mainstay.net.Endpoint;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Transport;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class KernelEngineTest {

    private final FakeFlowProgram program = new FakeFlowProgram();
    private final List<String> problems = new CopyOnWriteArrayList<>();
    private final Map<BackendKey, OffloadedFlows> reports = new ConcurrentHashMap<>();
    private final Map<String, Long> refusals = new ConcurrentHashMap<>();
    private volatile List<BackendView> views = List.of(Samples.serving("web1"));
    private volatile Set<String> forwarded = Set.of();

    private final BackendStates states = new BackendStates() {
        @Override
        public List<BackendView> backends() {
            return views;
        }

        @Override
        public void report(BackendKey backend, OffloadedFlows flows) {
            reports.put(backend, flows);
        }

        @Override
        public void refused(String service, RefusalReason reason, long count) {
            refusals.merge(service + " " + reason, count, Long::sum);
        }

        @Override
        public void forwardedElsewhere(Set<String> services) {
            forwarded = services;
        }

        @Override
        public void release(BackendKey backend) {
            reports.remove(backend);
        }
    };

    private FlowProgramSource source(String refusal) {
        return new FlowProgramSource() {
            @Override
            public FlowProgram open() throws IOException {
                if (!refusal.isEmpty()) {
                    throw new IOException(refusal);
                }
                return program;
            }

            @Override
            public void unload() {}
        };
    }

    private KernelEngine engine(String refusal) {
        return new KernelEngine(Samples.SETTINGS, states, source(refusal), problems::add);
    }

    private static EngineDecision decision(KernelEngine engine) {
        return Objects.requireNonNull(engine.decisions().get("http"));
    }

    @Test
    void anAddressCountsFromBeforeItIsHeldUntilItIsGone() {
        try (KernelEngine engine = engine("")) {
            engine.configure(List.of(Samples.http("web1")));
            assertThat(program.gates).containsEntry(0, false);
            engine.holds(Samples.VIP);
            assertThat(program.gates).containsEntry(0, true).containsEntry(1, false);
            engine.lets(Samples.VIP);
            assertThat(program.gates).containsEntry(0, false);
            engine.holds(IpAddress.parse("203.0.113.1"));
            engine.holds(Samples.VIP);
        }
        assertThat(program.gates).as("a node that stops holds nothing").containsEntry(0, false);
    }

    @Test
    void aGateThatOpenedBeforeTheDataPathWasThereIsOpenInIt() {
        try (KernelEngine engine = engine("")) {
            engine.configure(List.of());
            engine.holds(Samples.VIP);
            engine.configure(List.of(Samples.http("web1")));
            assertThat(program.gates).containsEntry(0, true);
        }
    }

    @Test
    void whereTheKernelRefusesTheProxyServesAndTheReasonIsTold() {
        try (KernelEngine engine = engine("load: operation not permitted")) {
            engine.configure(List.of(Samples.http("web1")));
            EngineDecision decision = decision(engine);
            assertThat(decision.kernel()).isFalse();
            assertThat(decision.reason()).contains("operation not permitted");
            assertThat(problems).hasSize(1);
            engine.holds(Samples.VIP);
        }
        assertThat(program.services).isEmpty();
    }

    @Test
    void whenAnInterfaceRefusesThatComesLaterTheProxyServesUntilItDoesNoMore() {
        try (KernelEngine engine = new KernelEngine(Samples.SETTINGS, states, source(""), problems::add, 1)) {
            engine.configure(List.of(Samples.http("web1")));
            program.unattachable = true;
            await().until(() -> !decision(engine).kernel());
            await("the proxy engine is told").until(() -> forwarded.isEmpty());
            assertThat(decision(engine).reason()).contains("attach to eth0");
            assertThat(program.services).isEmpty();
            int looks = program.attachments.get();
            await().until(() -> program.attachments.get() > looks + 2);
            assertThat(problems).as("is told once").hasSize(1);
            program.unattachable = false;
            await().until(() -> decision(engine).kernel());
            await("the proxy engine is told").until(() -> forwarded.equals(Set.of("http")));
            assertThat(program.services).hasSize(1);
            assertThat(problems).hasSize(1);
        }
    }

    @Test
    void aFilterThatSomebodyTookOffIsToldOfOnceItIsOnAgain() {
        try (KernelEngine engine = new KernelEngine(Samples.SETTINGS, states, source(""), problems::add, 1)) {
            engine.configure(List.of(Samples.http("web1")));
            program.takenOff = Set.of(new InterfaceName("eth0"));
            await().until(() -> !problems.isEmpty());
            int looks = program.attachments.get();
            await().until(() -> program.attachments.get() > looks + 2);
            assertThat(problems)
                    .containsExactly("kernel engine: somebody had taken the filter of Mainstay off eth0"
                            + " (tc filter, or its clsact); it is on again");
            assertThat(decision(engine).kernel()).isTrue();
        }
    }

    @Test
    void whereAnInterfaceRefusesTheDataPathForwardsNothing() {
        try (KernelEngine engine = engine("")) {
            engine.configure(List.of(Samples.http("web1")));
            program.unattachable = true;
            engine.configure(List.of(Samples.http("web1")));
            assertThat(decision(engine).kernel()).isFalse();
            assertThat(decision(engine).reason()).contains("attach to eth0");
            assertThat(problems).anyMatch(problem -> problem.contains("attach to eth0"));
            assertThat(program.services).isEmpty();
            assertThat(program.roles.get(Samples.VIP))
                    .as("answers to the proxy engine are not taken for those to flows")
                    .isEqualTo(new FlowProgram.Role(true, false, 0, 0, 0));
            program.unattachable = false;
            engine.configure(List.of(Samples.http("web1")));
            assertThat(decision(engine).kernel()).isTrue();
            assertThat(program.services).hasSize(1);
        }
    }

    @Test
    void servicesOfWhichTheTablesHoldSomeAreAllLeftToTheProxy() {
        try (KernelEngine engine = engine("")) {
            program.roomForServices = 1;
            KernelService http = Samples.http("web1");
            KernelService second = Samples.service(new ServiceConfig(
                    "second",
                    List.of(new ListenerConfig(Endpoint.parse("198.18.0.100:81"), Transport.TCP)),
                    http.config().selection(),
                    http.config().drainTimeout(),
                    http.config().timeouts(),
                    http.config().backends()));
            engine.configure(List.of(http, second));
            assertThat(engine.decisions().values()).noneMatch(EngineDecision::kernel);
            assertThat(program.services).isEmpty();
        }
    }

    @Test
    void aServiceThatAsksForMoreIsLeftToTheProxyAlone() {
        try (KernelEngine engine = engine("")) {
            KernelService first = Samples.service(Samples.config(SelectionConfig.of(Balance.FIRST), "198.18.0.100:80"));
            engine.configure(List.of(first));
            assertThat(decision(engine).reason()).isEqualTo("balance first is the proxy engine's alone");
            assertThat(program.services).isEmpty();
            engine.configure(List.of(Samples.http("web1")));
            assertThat(decision(engine)).isEqualTo(new EngineDecision(true, "engine: kernel"));
            assertThat(program.services).hasSize(1);
        }
    }

    @Test
    void clientsThatWereTurnedAwayAreReported() {
        try (KernelEngine engine = engine("")) {
            engine.configure(List.of(Samples.http("web1")));
            program.refusalsAt(program.service(Samples.HTTP).door()).put(FlowProgram.Refusal.DENIED, 3L);
            engine.configure(List.of(Samples.http("web1")));
            engine.configure(List.of(Samples.http("web1")));
            assertThat(refusals).containsOnly(Map.entry("http DENIED", 3L));
        }
    }

    @Test
    void aServiceThatLeavesTheEngineToUsIsForwardedInTheKernelWhereNobodyNotices() {
        try (KernelEngine engine = engine("")) {
            engine.configure(List.of(auto(Balance.ROUND_ROBIN)));
            assertThat(decision(engine))
                    .isEqualTo(new EngineDecision(false, "the kernel engine only approximates balance round_robin"));
            assertThat(program.services).isEmpty();
            engine.configure(List.of(auto(Balance.MAGLEV)));
            assertThat(decision(engine)).isEqualTo(new EngineDecision(true, "engine: auto"));
            assertThat(program.services).hasSize(1);
        }
    }

    private KernelEngine withXdp() {
        KernelSettings settings = Samples.SETTINGS;
        return new KernelEngine(
                new KernelSettings(
                        settings.addresses(),
                        settings.interfaces(),
                        settings.virtualMacs(),
                        settings.secret(),
                        settings.sourcePorts(),
                        settings.ownAddresses(),
                        XdpWish.NATIVE),
                states,
                source(""),
                problems::add);
    }

    @Test
    void xdpIsAttachedWhenTheDaemonStartsAndNeverAtAReload() {
        try (KernelEngine engine = withXdp()) {
            engine.configure(List.of(Samples.http("web1")));
            assertThat(program.accelerated).isEqualTo(program.attached).isNotEmpty();
            assertThat(engine.interfaces().values()).containsOnly("tc and XDP");
            engine.configure(List.of(Samples.http("web1")));
            assertThat(program.accelerations).isEqualTo(1);
        }
    }

    @Test
    void aServiceThatComesToTheKernelEngineByAReloadStopsNoInterface() {
        try (KernelEngine engine = withXdp()) {
            engine.configure(List.of());
            engine.configure(List.of(Samples.http("web1")));
            assertThat(program.accelerations).isZero();
            assertThat(engine.interfaces().values())
                    .isNotEmpty()
                    .allMatch(told -> told.startsWith("tc: XDP is attached when the daemon starts"));
        }
    }

    private static KernelService auto(Balance balance) {
        KernelService http = Samples.http("web1");
        ServiceConfig config = http.config();
        return new KernelService(
                new ServiceConfig(
                        config.name(),
                        config.listeners(),
                        SelectionConfig.of(balance),
                        config.drainTimeout(),
                        config.timeouts(),
                        config.backends()),
                http.traffic(),
                "",
                EngineWish.AUTO,
                http.mode(),
                http.sources());
    }

    @Test
    void everyBackendIsReportedBeforeTheFirstFlow() {
        try (KernelEngine engine = engine("")) {
            engine.configure(List.of(Samples.http("web1")));
            assertThat(reports).containsOnlyKeys(Samples.key("web1"));
        }
    }
}
