// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mainstay.forward.SourceAddress;
import io.mainstay.forward.TcpConfig;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.net.Endpoint;
import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the kernel is told, as it repeats it. */
class TcpOptionsTest {

    private static final int SOL_SOCKET = 1;
    private static final int SO_KEEPALIVE = 9;
    private static final int TCP = 6;
    private static final int NO_DELAY = 1;
    private static final int KEEPIDLE = 4;
    private static final int KEEPINTVL = 5;
    private static final int KEEPCNT = 6;
    private static final int USER_TIMEOUT = 18;

    private static final TcpConfig ALL = new TcpConfig(
            16, Duration.ZERO, Duration.ofSeconds(60), Duration.ofMillis(1500), false, SourceAddress.NODE);

    /** No worker has loaded the library yet when this is the first test of its JVM. */
    @BeforeAll
    static void loadNativeLibrary() {
        Epoll.ensureAvailability();
    }

    private static void expectAll(TcpSocket socket) throws IOException {
        assertThat(socket.getIntOpt(SOL_SOCKET, SO_KEEPALIVE)).isEqualTo(1);
        assertThat(socket.getIntOpt(TCP, KEEPIDLE)).isEqualTo(60);
        assertThat(socket.getIntOpt(TCP, KEEPINTVL)).isEqualTo(15);
        assertThat(socket.getIntOpt(TCP, KEEPCNT)).isEqualTo(4);
        assertThat(socket.getIntOpt(TCP, USER_TIMEOUT)).isEqualTo(1500);
        assertThat(socket.getIntOpt(TCP, NO_DELAY)).isZero();
    }

    @Test
    void acceptedConnectionsInheritWhatTheirListenerWasTold() throws IOException {
        TcpSocket listening = ListenerSocket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), ALL);
        try (Socket client = new Socket()) {
            client.connect(listening.localAddress());
            int descriptor = -1;
            while (descriptor < 0) {
                descriptor = listening.accept(new byte[26]);
            }
            TcpSocket accepted = new TcpSocket(descriptor);
            expectAll(accepted);
            accepted.closeQuietly();
            new TcpOptions(TcpConfig.DEFAULT).applyToListening(listening);
            assertThat(listening.getIntOpt(SOL_SOCKET, SO_KEEPALIVE)).isZero();
            assertThat(listening.getIntOpt(TCP, USER_TIMEOUT)).isZero();
            assertThat(listening.getIntOpt(TCP, NO_DELAY)).isEqualTo(1);
        } finally {
            listening.closeQuietly();
        }
    }

    @Test
    void connectionsToBackendsAreToldTheSame() throws IOException {
        TcpSocket socket = TcpSocket.open(false);
        try {
            new TcpOptions(ALL).applyToConnecting(socket, Endpoint.parse("198.18.0.1:1"));
            expectAll(socket);
        } finally {
            socket.closeQuietly();
        }
    }

    @Test
    void aReloadChangesTheSocketsThatListenAlready() throws Exception {
        try (ReloadBench bench = new ReloadBench()) {
            ReloadBench.Service web = bench.service("web").backends("b1");
            bench.start(web);
            bench.client(web, "b1");
            TcpConfig patient =
                    new TcpConfig(16, Duration.ofSeconds(60), Duration.ZERO, Duration.ZERO, true, SourceAddress.NODE);
            bench.configure(web.traffic(TrafficConfig.DEFAULT.withTcp(patient)));
            // The worker sets it up behind what it does already; this goes through the same worker queue.
            bench.awaitWorkers();
            try (Socket silent = bench.open(web.config().listeners().getFirst().endpoint())) {
                silent.setSoTimeout(200);
                assertThatThrownBy(() -> silent.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
                silent.setSoTimeout((int) EngineBench.PATIENCE.toMillis());
                silent.getOutputStream().write('x');
                assertThat(silent.getInputStream().read()).isEqualTo('1');
            }
        }
    }
}
