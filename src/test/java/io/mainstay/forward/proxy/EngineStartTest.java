// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mainstay.forward.ListenerConfig;
import io.mainstay.forward.ServiceConfig;
import io.mainstay.net.Endpoint;
import io.mainstay.net.Transport;
import io.netty.channel.IoEvent;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How an engine begins and ends: what it binds, what it refuses, and how its failure shows. */
class EngineStartTest {

    private final EngineBench bench = new EngineBench();

    @AfterEach
    void close() {
        bench.close();
    }

    @Test
    void anAddressThatIsOnNoInterfaceCanBeListenedOn() {
        bench.listenOn("127.0.0.1").server(ScriptedServer.ECHO);
        startAndClose(List.of(bench.service(Endpoint.parse("198.18.7.7:80"))));
        startAndClose(List.of(bench.service(Endpoint.parse("[2001:db8::7]:80"))));
    }

    private static void startAndClose(List<ProxyService> services) {
        try (ProxyEngine engine =
                ProxyEngine.start(new ProxySettings(2, Set.of(), EngineBench.CLOCK), services, event -> {})) {
            assertThat(engine.snapshot().services()).hasSameSizeAs(services);
        } catch (ProxyStartException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aPortThatIsTakenIsNamedWithServiceAndReasonAndNothingStaysBound() throws IOException {
        bench.server(ScriptedServer.ECHO);
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int free = EngineBench.freePort("127.0.0.1");
            ProxyService good = bench.service(EngineBench.endpoint("127.0.0.1", free));
            ProxyService bad = bench.service(EngineBench.endpoint("127.0.0.1", taken.getLocalPort()));
            assertThatThrownBy(() -> startAndCloseChecked(List.of(good, bad)))
                    .isInstanceOf(ProxyStartException.class)
                    .hasMessage("service web: listen 127.0.0.1:" + taken.getLocalPort()
                            + "/tcp: address already in use (errno 98)");
            startAndClose(List.of(good));
        }
    }

    @Test
    void aSecondEngineDoesNotSilentlyShareThePortOfTheFirst() {
        bench.server(ScriptedServer.ECHO);
        bench.start();
        Endpoint endpoint = bench.service().listeners().getFirst().endpoint();
        assertThatThrownBy(() -> startAndCloseChecked(List.of(bench.service(endpoint))))
                .isInstanceOf(ProxyStartException.class)
                .hasMessageEndingWith("address already in use (errno 98)");
    }

    @Test
    void aPortForDatagramsThatIsTakenIsNamed() throws IOException {
        bench.server(ScriptedServer.ECHO);
        try (DatagramSocket taken = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            Endpoint endpoint = EngineBench.endpoint("127.0.0.1", taken.getLocalPort());
            ProxyService service = forDatagrams(endpoint);
            assertThatThrownBy(() -> startAndCloseChecked(List.of(service)))
                    .isInstanceOf(ProxyStartException.class)
                    .hasMessage("service web: listen " + endpoint + "/udp: address already in use (errno 98)");
        }
    }

    /** Each has all sockets of this process for a moment, the one that asked whether the address is in use among them. */
    @Test
    void programsThatAreStartedMeanwhileHoldNoAddress() throws Exception {
        bench.server(ScriptedServer.ECHO);
        AtomicBoolean over = new AtomicBoolean();
        Thread starting = Thread.ofPlatform().start(() -> {
            while (!over.get()) {
                try {
                    new ProcessBuilder("/bin/true").start().waitFor();
                } catch (IOException | InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
        });
        try {
            ProxyService same = forDatagrams(EngineBench.endpoint("127.0.0.1", EngineBench.freePort("127.0.0.1")));
            for (int i = 0; i < 50; i++) {
                startAndCloseChecked(List.of(same));
            }
        } finally {
            over.set(true);
            starting.join();
        }
    }

    private ProxyService forDatagrams(Endpoint endpoint) {
        ServiceConfig config = bench.service(endpoint).config();
        ServiceConfig udp = new ServiceConfig(
                config.name(),
                List.of(new ListenerConfig(endpoint, Transport.UDP)),
                config.selection(),
                config.drainTimeout(),
                config.timeouts(),
                config.backends());
        return new ProxyService(udp, bench.service(endpoint).health());
    }

    private static void startAndCloseChecked(List<ProxyService> services) throws ProxyStartException {
        ProxyEngine.start(new ProxySettings(2, Set.of(), EngineBench.CLOCK), services, event -> {})
                .close();
    }

    @Test
    void theEndOfAThreadIsTold() throws Exception {
        bench.server(ScriptedServer.ECHO);
        bench.start();
        CompletableFuture<String> failure = bench.engine().failure();
        assertThat(failure).isNotDone();
        Worker worker = bench.engine().workers().getFirst();
        worker.execute(() -> worker.register(new FatalHandle()).submit(EpollIoOps.EPOLLOUT));
        assertThat(failure.get(30, TimeUnit.SECONDS)).isEqualTo("a relay thread has ended");
    }

    /** Ends the loop that serves it. A socket that was never connected has an event at once. */
    private static final class FatalHandle implements EpollIoHandle {

        private final TcpSocket socket;

        FatalHandle() {
            try {
                socket = TcpSocket.open(false);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public FileDescriptor fd() {
            return socket;
        }

        @Override
        public void handle(IoRegistration registration, IoEvent event) {
            throw new AssertionError("as wanted by the test");
        }

        @Override
        public void close() {
            socket.closeQuietly();
        }
    }

    @Test
    void aCloseThatIsWantedIsNoFailure() {
        bench.server(ScriptedServer.ECHO);
        bench.start();
        CompletableFuture<String> failure = bench.engine().failure();
        bench.engine().close();
        assertThat(failure).isNotDone();
    }
}
