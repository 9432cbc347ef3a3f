// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mainstay.health.probe.SocketErrors;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;

/** What the kernel says when it makes no connection, on real sockets. */
class ConnectErrorsTest {

    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    @Test
    void aPortThatIsTakenTowardsAPeerIsNoRefusalOfThePeer() throws IOException {
        TcpSocket first = TcpSocket.open(false);
        TcpSocket second = TcpSocket.open(false);
        try (ServerSocket server = new ServerSocket(0, 10, LOOPBACK)) {
            first.setReuseAddress(true);
            second.setReuseAddress(true);
            first.bind(new InetSocketAddress(LOOPBACK, 0));
            second.bind(first.localAddress());
            first.connect(server.getLocalSocketAddress());
            Throwable shortage = catchThrowable(() -> second.connect(server.getLocalSocketAddress()));
            assertThat(SocketErrors.reason(shortage)).isEqualTo("cannot assign requested address (errno 99)");
            assertThat(SocketErrors.isWantOfPorts(shortage)).isTrue();
            assertThat(SocketErrors.isShortage(shortage)).isFalse();
        } finally {
            first.closeQuietly();
            second.closeQuietly();
        }
    }
}
