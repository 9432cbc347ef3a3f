// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.forward.ListenerConfig;
import io.mainstay.forward.RouteConfig;
import io.mainstay.forward.UdpConfig;
import io.mainstay.forward.wire.Hellos;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import java.util.Random;

/** A client of a {@link ReloadBench}, from one of a few addresses, and the server at its other end. */
sealed interface ReloadClient {

    /** The name that leads to another service, where there are routes. */
    String SERVER_NAME = "routed.example.org";

    /** So few that each comes again soon. */
    int ADDRESSES = 3;

    /** Name of the service that serves it. */
    String service();

    /** Name of the server, from b1 to b4. */
    String server();

    /** Fails unless the same server answers it still. */
    void expectAlive() throws IOException;

    /** Goes away, as far as that is told to anybody. */
    void leave();

    void close();

    /** Whether the change of a service that has kept the server is to leave it alone. */
    boolean isUntouchedBy(ReloadBench.Service before, ReloadBench.Service after);

    /** Comes to a listener of a service, over TCP with whatever that service wants to be told first. */
    static ReloadClient open(
            ReloadBench bench,
            List<ReloadBench.Service> services,
            ReloadBench.Service service,
            ListenerConfig listener,
            Random random)
            throws IOException {
        int address = 1 + random.nextInt(ADDRESSES);
        return switch (listener.transport()) {
            case TCP -> Connection.open(bench, services, service, listener, address, random.nextBoolean());
            case UDP -> Session.open(service, listener, address);
        };
    }

    /** Over TCP. */
    record Connection(ReloadBench bench, Socket socket, String service, String server) implements ReloadClient {

        private static final byte[] HELLO = Hellos.hello(SERVER_NAME);
        private static final byte[] NO_HELLO = "x\n".getBytes(ISO_8859_1);

        private static ReloadClient open(
                ReloadBench bench,
                List<ReloadBench.Service> services,
                ReloadBench.Service front,
                ListenerConfig listener,
                int address,
                boolean asksByName)
                throws IOException {
            byte[] words = asksByName ? HELLO : NO_HELLO;
            ReloadBench.Service serving = asksByName ? routed(services, front) : front;
            Socket socket = bench.open(listener.endpoint(), "127.0.2." + address);
            if (!front.traffic().proxyProtocol().acceptFrom().isEmpty()) {
                String header = "PROXY TCP4 127.0.3." + address + " 127.0.0.1 1024 80\r\n";
                socket.getOutputStream().write(header.getBytes(ISO_8859_1));
            }
            socket.getOutputStream().write(words);
            InputStream in = socket.getInputStream();
            String server = "b" + (char) in.read();
            if (serving.traffic().proxyProtocol().send().isPresent()) {
                skipLine(in);
            }
            assertThat(in.readNBytes(words.length)).isEqualTo(words);
            return new Connection(bench, socket, serving.config().name(), server);
        }

        private static ReloadBench.Service routed(List<ReloadBench.Service> services, ReloadBench.Service front) {
            List<RouteConfig> routes = front.traffic().routing().routes();
            return services.stream()
                    .filter(service -> !routes.isEmpty()
                            && service.config().name().equals(routes.getFirst().service()))
                    .findFirst()
                    .orElse(front);
        }

        /** The header in version 1, which the server sends back like everything. */
        private static void skipLine(InputStream in) throws IOException {
            int octet = in.read();
            while (octet != '\n' && octet >= 0) {
                octet = in.read();
            }
        }

        @Override
        public void expectAlive() throws IOException {
            bench.expectAlive(socket);
        }

        @Override
        public boolean isUntouchedBy(ReloadBench.Service before, ReloadBench.Service after) {
            return true;
        }

        @Override
        public void leave() {
            close();
        }

        @Override
        public void close() {
            try {
                socket.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Over UDP. */
    record Session(DatagramSocket socket, ListenerConfig listener, UdpConfig udp, String service, String server)
            implements ReloadClient {

        private static ReloadClient open(ReloadBench.Service service, ListenerConfig listener, int address)
                throws IOException {
            DatagramSocket socket = new DatagramSocket(new InetSocketAddress("127.0.2." + address, 0));
            socket.setSoTimeout((int) EngineBench.PATIENCE.toMillis());
            socket.connect(SocketAddresses.of(listener.endpoint()));
            return new Session(
                    socket, listener, service.traffic().udp(), service.config().name(), ask(socket));
        }

        private static String ask(DatagramSocket socket) throws IOException {
            String answer = UdpBench.ask(socket, "x");
            assertThat(answer).matches("b[1-4] x");
            return answer.substring(0, 2);
        }

        @Override
        public void expectAlive() throws IOException {
            String answering = ask(socket);
            if (udp.responses() == 0 && !udp.onePacket()) {
                assertThat(answering).isEqualTo(server);
            }
        }

        @Override
        public boolean isUntouchedBy(ReloadBench.Service before, ReloadBench.Service after) {
            return before.config().listeners().contains(listener)
                    && after.config().listeners().contains(listener)
                    && after.traffic().udp().equals(udp);
        }

        @Override
        public void leave() {
            // Somebody else on its port would be taken for it for as long as the session lasts.
        }

        @Override
        public void close() {
            socket.close();
        }
    }
}
