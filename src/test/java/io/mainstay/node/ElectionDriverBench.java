// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.election.ProtocolConfig;
import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualAddress;
import io.mainstay.net.VirtualRouterId;
import io.mainstay.observe.EventDraft;
import io.mainstay.takeover.AnnounceConfig;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/** An election driver on a host that stands still, one turn at a time. */
class ElectionDriverBench {

    static final Duration ACTIVE_DOWN = Duration.ofMillis(3_610);

    final FakeKernel kernel = new FakeKernel();
    final List<String> transitions = new ArrayList<>();
    final List<RouterTransition> told = new ArrayList<>();
    final List<RouterNotice> notices = new ArrayList<>();
    final List<EventDraft> facts = new ArrayList<>();
    boolean listenerThrows;

    final ElectionListener listener = new ElectionListener() {
        @Override
        public void onTransition(RouterTransition transition) {
            told.add(transition);
            transitions.add(transition.router() + " " + transition.from() + " " + transition.to() + " "
                    + transition.cause().reason().label());
            if (listenerThrows) {
                throw new IllegalStateException("the disk is full");
            }
        }

        @Override
        public void onNotice(RouterNotice notice) {
            notices.add(notice);
        }

        @Override
        public void onFact(EventDraft fact) {
            facts.add(fact);
        }
    };

    /** What the gate gives when it is closed. */
    CompletableFuture<Void> resets = CompletableFuture.completedFuture(null);

    final ServiceGate gate = new ServiceGate() {
        @Override
        public void open(Set<IpAddress> addresses) {
            kernel.deeds.add("open services on " + addresses.size());
        }

        @Override
        public CompletableFuture<?> close(Set<IpAddress> addresses) {
            kernel.deeds.add("close services on " + addresses.size());
            return resets;
        }

        @Override
        public void forget(IpAddress address) {
            forgotten.add(address.toString());
        }
    };

    /** Addresses of which the gate was told that they are this node's no more. */
    final List<String> forgotten = new ArrayList<>();

    static RouterSetup setup(String name, String interfaceName, int vrid, int priority, String... addresses) {
        return setup(name, interfaceName, vrid, priority, ProtocolConfig.DEFAULT, addresses);
    }

    static RouterSetup setup(
            String name, String interfaceName, int vrid, int priority, ProtocolConfig protocol, String... addresses) {
        return new RouterSetup(
                new VirtualRouterConfig(
                        name,
                        new InterfaceName(interfaceName),
                        new VirtualRouterId(vrid),
                        new Priority(priority),
                        Duration.ofSeconds(1),
                        Stream.of(addresses).map(VirtualAddress::parse).toList(),
                        protocol,
                        true,
                        Duration.ZERO),
                new AnnounceConfig(1, Duration.ZERO));
    }

    ElectionDriver driver(RouterSetup... setups) {
        return new ElectionDriver(List.of(setups), kernel.ports(), gate, listener);
    }

    ElectionDriver webDriver() {
        return driver(setup("web", "eth0", 51, 100, "198.18.0.200/24"));
    }

    /** One turn after another at the driver's own deadlines, for a while. */
    void runFor(ElectionDriver driver, Duration duration) {
        MonotonicInstant end = kernel.now().plus(duration);
        driver.runOnce();
        while (!driver.isEnded()) {
            MonotonicInstant next = driver.nextDeadline().orElse(end);
            if (end.isBefore(next)) {
                break;
            }
            if (kernel.now().isBefore(next)) {
                kernel.advance(next.since(kernel.now()));
            }
            driver.runOnce();
        }
        if (kernel.now().isBefore(end)) {
            kernel.advance(end.since(kernel.now()));
        }
    }

    ElectionDriver activeDriver() {
        kernel.plug("eth0", 2, "198.18.0.10");
        ElectionDriver driver = webDriver();
        runFor(driver, ACTIVE_DOWN);
        assertThat(stateOf(driver, "web")).isEqualTo("ACTIVE");
        kernel.takeDeeds();
        transitions.clear();
        return driver;
    }

    static ElectionSnapshot.Router routerOf(ElectionDriver driver, String name) {
        return driver.snapshot().routers().stream()
                .filter(router -> router.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    static String stateOf(ElectionDriver driver, String name) {
        return routerOf(driver, name).state();
    }

    List<String> noticeLabels() {
        return notices.stream().map(RouterNotice::label).toList();
    }
}
