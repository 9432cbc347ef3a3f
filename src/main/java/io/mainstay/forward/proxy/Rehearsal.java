// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.BackendConfig;
import io.mainstay.forward.Balance;
import io.mainstay.forward.ListenerConfig;
import io.mainstay.forward.SelectionConfig;
import io.mainstay.forward.ServiceConfig;
import io.mainstay.forward.TcpConfig;
import io.mainstay.forward.TimeoutConfig;
import io.mainstay.health.HealthCheckConfig;
import io.mainstay.health.ServiceHealthConfig;
import io.mainstay.net.Endpoint;
import io.mainstay.net.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A few connections over loopback before the first client comes. A node that has waited as Backup would otherwise load and
 * link the classes of the relay while the first client after a takeover waits: 8 to 27 ms were seen, against less than one.
 */
final class Rehearsal {

    private static final Logger LOG = LoggerFactory.getLogger(Rehearsal.class);

    private static final String NAME = "rehearsal";
    private static final int ROUNDS = 3;
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private Rehearsal() {}

    /** Relays through the worker and waits until that is done, a few seconds at most. It is no harm if it cannot be. */
    static void run(Worker worker, ProxySettings settings) {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        try (ServerSocket server = new ServerSocket(0, ROUNDS, loopback)) {
            server.setSoTimeout((int) PATIENCE.toMillis());
            TcpSocket socket = ListenerSocket.bind(new InetSocketAddress(loopback, 0), TcpConfig.DEFAULT);
            InetSocketAddress front = socket.localAddress();
            Endpoint back = SocketAddresses.endpoint(new InetSocketAddress(loopback, server.getLocalPort()));
            EventOutlet silent = new EventOutlet(Runnable::run, event -> {});
            LiveService service = service(SocketAddresses.endpoint(front), back, settings, silent);
            LiveListener listener = new LiveListener(SocketAddresses.endpoint(front), false, true, service, 0);
            ListenerSocket listening = new ListenerSocket(worker, listener, socket, silent);
            worker.execute(() -> worker.listen(listening));
            try {
                for (int i = 0; i < ROUNDS; i++) {
                    relayOnce(front, server);
                }
            } finally {
                worker.execute(() -> worker.stopListening(listening));
            }
        } catch (IOException | RuntimeException noLoopback) {
            LOG.debug("no rehearsal", noLoopback);
        }
    }

    private static LiveService service(Endpoint front, Endpoint back, ProxySettings settings, EventOutlet events) {
        ServiceConfig config = new ServiceConfig(
                NAME,
                List.of(new ListenerConfig(front, Transport.TCP)),
                SelectionConfig.of(Balance.LEAST_CONN),
                PATIENCE,
                new TimeoutConfig(PATIENCE, PATIENCE, PATIENCE),
                List.of(new BackendConfig(NAME, back, 1)));
        HealthCheckConfig check = new HealthCheckConfig(new HealthCheckConfig.Tcp(), PATIENCE, PATIENCE, 1, 1);
        LiveService service = new LiveService(
                new ProxyService(config, ServiceHealthConfig.of(check)), settings, events, Surroundings.NONE);
        service.onCheck(
                service.backends().getFirst(),
                service.settings(),
                0,
                new CheckReport(Instant.EPOCH, true, NAME, Duration.ZERO),
                false);
        return service;
    }

    /** An octet each way, and a FIN each way. */
    private static void relayOnce(InetSocketAddress front, ServerSocket server) throws IOException {
        try (Socket client = new Socket()) {
            client.connect(front, (int) PATIENCE.toMillis());
            client.setSoTimeout((int) PATIENCE.toMillis());
            try (Socket accepted = server.accept()) {
                accepted.setSoTimeout((int) PATIENCE.toMillis());
                client.getOutputStream().write(1);
                accepted.getOutputStream().write(accepted.getInputStream().read());
                int answer = client.getInputStream().read();
                LOG.trace("answer {}", answer);
                client.shutdownOutput();
                accepted.getInputStream().readAllBytes();
            }
            client.getInputStream().readAllBytes();
        }
    }
}
