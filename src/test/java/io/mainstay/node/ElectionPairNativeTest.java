// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.election.ProtocolConfig;
import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.kernel.NoGuard;
import io.mainstay.kernel.linux.LinuxKernel;
import io.mainstay.kernel.linux.NetworkNamespace;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualAddress;
import io.mainstay.net.VirtualRouterId;
import io.mainstay.takeover.AnnounceConfig;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two election drivers on their own threads, each in a network namespace, with a cable between them. */
@Tag("native")
class ElectionPairNativeTest {

    private static final String INTERFACE = "pair0";
    private static final String VIP = "198.18.0.200/24";
    private static final Duration INTERVAL = Duration.ofMillis(50);

    private Node strong;
    private Node weak;

    @BeforeEach
    void plug() throws Exception {
        NetworkNamespace.requirePrivate();
        strong = new Node("198.18.0.1/24", 200);
        weak = new Node("198.18.0.2/24", 100);
        String weakPath = weak.namespace.path();
        strong.namespace.call(() -> NetworkNamespace.ip(
                "link", "add", INTERFACE, "type", "veth", "peer", "name", INTERFACE, "netns", weakPath));
        strong.setUp();
        weak.setUp();
    }

    @AfterEach
    void unplug() {
        strong.close();
        weak.close();
    }

    private static void eventually(String what, Runnable assertion) {
        Awaitility.await(what).atMost(Duration.ofSeconds(30)).untilAsserted(assertion::run);
    }

    private static void expect(Node active, Node backup) {
        eventually("one Active", () -> {
            assertThat(active.state()).isEqualTo("ACTIVE");
            assertThat(active.addresses()).contains(VIP);
            assertThat(backup.state()).isEqualTo("BACKUP");
            assertThat(backup.addresses()).doesNotContain(VIP);
        });
    }

    @Test
    void thePairElectsHandsOverAndStops() throws Exception {
        strong.start();
        weak.start();
        expect(strong, weak);

        HandOverResult result =
                strong.driver().handOver("web", Optional.empty()).get(30, TimeUnit.SECONDS);
        assertThat(result.outcome()).isEqualTo(HandOverResult.Outcome.HANDED_OVER);
        expect(weak, strong);
        assertThat(strong.router().preemptionSuspended()).isTrue();

        assertThat(strong.driver().resumePreemption("web").get(30, TimeUnit.SECONDS))
                .isTrue();
        expect(strong, weak);

        strong.stop(Optional.empty());
        eventually("the other serves", () -> assertThat(weak.state()).isEqualTo("ACTIVE"));
        assertThat(strong.addresses()).doesNotContain(VIP);
        assertThat(strong.reasons).contains("handed-over", "shutdown");
    }

    @Test
    void whatIsRemovedIsPutBackAndWhatIsLeftBehindIsSweptAway() {
        weak.ip("address", "add", VIP, "dev", INTERFACE);
        strong.start();
        weak.start();
        expect(strong, weak);

        strong.ip("address", "del", VIP, "dev", INTERFACE);
        eventually("put back", () -> assertThat(strong.addresses()).contains(VIP));
        eventually("noticed", () -> assertThat(strong.notices).contains("address-lost"));
        assertThat(weak.notices).contains("stale-address");
    }

    @Test
    void aCableThatIsCutIsAFaultUntilItIsPluggedAgain() {
        strong.start();
        weak.start();
        expect(strong, weak);

        strong.ip("link", "set", INTERFACE, "down");
        eventually("fault", () -> {
            assertThat(strong.state()).isEqualTo("FAULT");
            assertThat(strong.addresses()).doesNotContain(VIP);
            // The other end of a veth loses its carrier too.
            assertThat(weak.state()).isEqualTo("FAULT");
        });
        strong.ip("link", "set", INTERFACE, "up");
        expect(strong, weak);
        assertThat(strong.reasons).contains("interface-down", "link-recovered");
        assertThat(weak.reasons).contains("no-carrier", "link-recovered");
    }

    private static final class Node implements ElectionListener, ServiceGate {

        final NetworkNamespace namespace = new NetworkNamespace();
        final ConcurrentLinkedQueue<String> reasons = new ConcurrentLinkedQueue<>();
        final ConcurrentLinkedQueue<String> notices = new ConcurrentLinkedQueue<>();
        private final String path = namespace.path();
        private final String primary;
        private final RouterSetup setup;
        private final CompletableFuture<ElectionDriver> started = new CompletableFuture<>();
        private Future<String> running = CompletableFuture.completedFuture("not started");

        Node(String primary, int priority) {
            this.primary = primary;
            setup = new RouterSetup(
                    new VirtualRouterConfig(
                            "web",
                            new InterfaceName(INTERFACE),
                            new VirtualRouterId(51),
                            new Priority(priority),
                            INTERVAL,
                            List.of(VirtualAddress.parse(VIP)),
                            ProtocolConfig.DEFAULT,
                            true,
                            Duration.ZERO),
                    new AnnounceConfig(5, Duration.ZERO));
        }

        void setUp() {
            namespace.call(() -> NetworkNamespace.ip("address", "add", primary, "dev", INTERFACE));
            namespace.call(() -> NetworkNamespace.ip("link", "set", INTERFACE, "up"));
        }

        void start() {
            running = namespace.start(() -> {
                try (LinuxKernel kernel = LinuxKernel.open()) {
                    ElectionDriver driver = new ElectionDriver(
                            List.of(setup),
                            new ElectionPorts(
                                    kernel.events(),
                                    kernel.addresses(),
                                    kernel.announcer(),
                                    kernel.links(),
                                    kernel.clock(),
                                    InstantSource.system(),
                                    new NoGuard()),
                            this,
                            this);
                    started.complete(driver);
                    driver.run();
                    return "ended";
                }
            });
        }

        ElectionDriver driver() {
            return started.orTimeout(30, TimeUnit.SECONDS).join();
        }

        ElectionSnapshot.Router router() {
            return driver().snapshot().routers().getFirst();
        }

        String state() {
            return router().state();
        }

        /** Runs ip(8) in the namespace while its thread runs the driver. */
        String ip(String... arguments) {
            String[] command = new String[arguments.length + 3];
            command[0] = "nsenter";
            command[1] = "--net=" + path;
            command[2] = "ip";
            System.arraycopy(arguments, 0, command, 3, arguments.length);
            return NetworkNamespace.run(command);
        }

        String addresses() {
            return ip("-4", "address", "show", "dev", INTERFACE);
        }

        void stop(Optional<Duration> handOverWithin) throws Exception {
            driver().stop(handOverWithin).get(30, TimeUnit.SECONDS);
            assertThat(running.get(30, TimeUnit.SECONDS)).isEqualTo("ended");
        }

        void close() {
            if (started.isDone()) {
                driver().stop(Optional.of(Duration.ZERO))
                        .orTimeout(30, TimeUnit.SECONDS)
                        .join();
            }
            namespace.close();
        }

        @Override
        public void onTransition(RouterTransition transition) {
            reasons.add(transition.cause().reason().label());
        }

        @Override
        public void onNotice(RouterNotice notice) {
            notices.add(notice.label());
        }

        @Override
        public void open(Set<IpAddress> addresses) {}

        @Override
        public CompletableFuture<?> close(Set<IpAddress> addresses) {
            return CompletableFuture.completedFuture(null);
        }
    }
}
