// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health.probe;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.mainstay.health.AgentCheckConfig;
import io.mainstay.health.Finding;
import io.mainstay.health.HealthCheckConfig;
import io.mainstay.health.HealthCheckConfig.Pace;
import io.mainstay.health.HealthCheckConfig.Probe;
import io.mainstay.health.HealthCheckConfig.TlsConfig;
import io.mainstay.health.Payload;
import io.mainstay.kernel.Command;
import io.mainstay.kernel.CommandResult;
import io.mainstay.net.Endpoint;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.ref.WeakReference;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checks on real sockets of this host. */
class ProberTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** A server's part in one check. */
    private interface Script {
        void serve(Socket connection) throws IOException;
    }

    private final MultiThreadIoEventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final EventLoop loop = loops.next();
    private final BlockingQueue<Command> commands = new LinkedBlockingQueue<>();
    private CommandResult commandResult = new CommandResult.NotRun("no test wants it");
    private final Prober prober = new Prober(
            loop,
            command -> {
                commands.add(command);
                return commandResult;
            },
            RandomGenerator.getDefault());

    @AfterEach
    void close() {
        loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    }

    private static ProbeTarget web1At(int port) {
        return new ProbeTarget("http", "web1", Endpoint.parse("127.0.0.1:" + port));
    }

    private ProbeOutcome outcome(Consumer<Consumer<ProbeOutcome>> start) {
        CompletableFuture<ProbeOutcome> told = new CompletableFuture<>();
        loop.execute(() -> start.accept(told::complete));
        return told.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
    }

    private ProbeOutcome check(Probe probe, int port, Duration timeout) {
        HealthCheckConfig config = new HealthCheckConfig(probe, 0, new Pace(PATIENCE, PATIENCE, timeout, 3, 2));
        return outcome(told -> prober.start(config, web1At(port), told));
    }

    private Finding finding(Probe probe, int port) {
        return check(probe, port, PATIENCE).finding();
    }

    private static ProbeOutcome serving(Script script, IntFunction<ProbeOutcome> check) throws IOException {
        try (ServerSocket server = new ServerSocket(0, 16, InetAddress.getLoopbackAddress())) {
            return servingOn(server, script, check);
        }
    }

    private static ProbeOutcome servingOn(ServerSocket server, Script script, IntFunction<ProbeOutcome> check) {
        Thread.ofVirtual().start(() -> {
            while (!server.isClosed()) {
                try (Socket connection = server.accept()) {
                    script.serve(connection);
                } catch (IOException over) {
                    // The check sees what it is to see.
                }
            }
        });
        return check.apply(server.getLocalPort());
    }

    /** What a check finds while the script serves. */
    private Finding found(Script script, Probe probe) throws IOException {
        return serving(script, port -> check(probe, port, PATIENCE)).finding();
    }

    private Finding found(Script script, Probe probe, Duration timeout) throws IOException {
        return serving(script, port -> check(probe, port, timeout)).finding();
    }

    private static void untilTheOtherSideEnds(Socket connection) throws IOException {
        connection.getInputStream().transferTo(OutputStream.nullOutputStream());
    }

    private static Script answering(String text) {
        return connection -> {
            connection.getInputStream().read(new byte[1024]);
            connection.getOutputStream().write(text.getBytes(US_ASCII));
            connection.shutdownOutput();
            untilTheOtherSideEnds(connection);
        };
    }

    private static int closedPort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Test
    void aConnectionThatIsMadePasses() throws IOException {
        ProbeOutcome outcome =
                serving(ProberTest::untilTheOtherSideEnds, port -> check(new HealthCheckConfig.Tcp(), port, PATIENCE));
        assertThat(outcome.finding()).isEqualTo(Finding.passed("connected"));
        assertThat(outcome.steps()).extracting(ProbeOutcome.Step::name).containsExactly("connect");
    }

    @Test
    void aConnectionThatIsRefusedFailsWithTheReasonOfTheKernel() throws IOException {
        assertThat(finding(new HealthCheckConfig.Tcp(), closedPort()))
                .isEqualTo(Finding.failed("connect: connection refused (errno 111)"));
    }

    @Test
    void aConnectionThatIsNotMadeInTimeFails() throws IOException {
        // A listener whose queue is full lets the kernel drop the next SYN.
        try (ServerSocket server = new ServerSocket()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1);
            try (Socket first = new Socket(InetAddress.getLoopbackAddress(), server.getLocalPort());
                    Socket second = new Socket(InetAddress.getLoopbackAddress(), server.getLocalPort())) {
                assertThat(first.isConnected() && second.isConnected()).isTrue();
                assertThat(check(new HealthCheckConfig.Tcp(), server.getLocalPort(), Duration.ofMillis(200))
                                .finding())
                        .isEqualTo(Finding.failed("connect timed out after 200ms"));
            }
        }
    }

    @Test
    void sendAndExpectTellEachStep() throws IOException {
        Probe ping = new HealthCheckConfig.Tcp(new Payload("PING\r\n"), new Payload("+PONG"));
        ProbeOutcome outcome = serving(answering("+PONG\r\n"), port -> check(ping, port, PATIENCE));
        assertThat(outcome.finding()).isEqualTo(Finding.passed("answer: +PONG\\r\\n"));
        assertThat(outcome.steps())
                .extracting(ProbeOutcome.Step::name, ProbeOutcome.Step::detail)
                .containsExactly(
                        tuple("connect", "connected"),
                        tuple("send", "6 octets"),
                        tuple("answer", "answer: +PONG\\r\\n"));
        assertThat(outcome.steps().stream().map(ProbeOutcome.Step::duration).reduce(Duration.ZERO, Duration::plus))
                .isLessThanOrEqualTo(outcome.duration());
    }

    @Test
    void anotherAnswerFails() throws IOException {
        Probe ping = new HealthCheckConfig.Tcp(new Payload("PING\r\n"), new Payload("+PONG"));
        assertThat(found(answering("-LOADING\r\n"), ping))
                .isEqualTo(Finding.failed("answer: -LOADING\\r\\n (expected: one with +PONG)"));
        assertThat(found(ProberTest::untilTheOtherSideEnds, ping, Duration.ofMillis(200)))
                .isEqualTo(Finding.failed("no answer within 200ms"));
    }

    @Test
    void anHttpServerIsAskedAndTheRestOfItsAnswerRead() throws IOException {
        CompletableFuture<Boolean> cutOff = new CompletableFuture<>();
        Script script = connection -> {
            connection.getInputStream().read(new byte[1024]);
            try {
                connection.getOutputStream().write("HTTP/1.1 200 OK\r\n\r\n".getBytes(US_ASCII));
                connection.getOutputStream().flush();
                connection.getOutputStream().write(new byte[16 * 1024]);
                connection.shutdownOutput();
                untilTheOtherSideEnds(connection);
                cutOff.complete(false);
            } catch (IOException reset) {
                cutOff.complete(true);
            }
        };
        ProbeOutcome outcome = serving(script, port -> {
            ProbeOutcome told = check(new HealthCheckConfig.Http("/", "", 200, 200), port, PATIENCE);
            assertThat(cutOff.orTimeout(30, TimeUnit.SECONDS).join()).isFalse();
            return told;
        });
        assertThat(outcome.finding()).isEqualTo(Finding.passed("HTTP status 200"));
    }

    @Test
    void aConnectionThatIsResetFails() throws IOException {
        Script reset = connection -> {
            connection.getInputStream().read(new byte[1024]);
            connection.setSoLinger(true, 0);
        };
        assertThat(found(reset, new HealthCheckConfig.Http("/", "", 200, 200)))
                .isEqualTo(Finding.failed("connection reset by peer (errno 104)"));
    }

    @Test
    void httpOverTlsTellsTheHandshakeAsAStep(@TempDir Path directory) throws Exception {
        TestCertificate certificate = TestCertificate.make(directory, "web1.example", 30);
        Probe https = https(new TlsConfig("web1.example", false, Optional.empty()));
        try (ServerSocket server = certificate.listen()) {
            ProbeOutcome outcome =
                    servingOn(server, answering("HTTP/1.1 200 OK\r\n\r\n"), port -> check(https, port, PATIENCE));
            assertThat(outcome.finding()).isEqualTo(Finding.passed("HTTP status 200"));
            assertThat(outcome.steps())
                    .extracting(ProbeOutcome.Step::name)
                    .containsExactly("connect", "tls", "send", "answer");
            assertThat(outcome.steps().get(1).detail()).matches("TLSv1\\.3, certificate valid for (29|30) days");
        }
    }

    private static Probe https(TlsConfig tls) {
        return new HealthCheckConfig.Http("GET", "/", "", List.of(), 200, 200, Payload.NONE, Optional.of(tls));
    }

    @Test
    void aCertificateIsVerifiedOnlyIfThatIsAskedFor(@TempDir Path directory) throws Exception {
        TestCertificate certificate = TestCertificate.make(directory, "web1.example", 30);
        Optional<String> own = Optional.of(certificate.pem().toString());
        assertThat(handshake(certificate, new TlsConfig("other.example", false, Optional.empty())))
                .isEqualTo(Finding.passed("TLS handshake done"));
        assertThat(handshake(certificate, new TlsConfig("web1.example", true, own)))
                .isEqualTo(Finding.passed("TLS handshake done"));
        assertThat(handshake(certificate, new TlsConfig("web1.example", true, Optional.empty())))
                .isEqualTo(Finding.failed("TLS: the certificate is of no authority that is trusted"));
        assertThat(handshake(certificate, new TlsConfig("other.example", true, own)))
                .matches(finding -> !finding.success() && finding.detail().contains("other.example"));
        assertThat(handshake(certificate, new TlsConfig("web1.example", true, Optional.of("/nonexistent.pem"))))
                .isEqualTo(Finding.failed("/nonexistent.pem: no such file"));
    }

    @Test
    void anExpiredCertificateFailsOnlyIfItIsVerified(@TempDir Path directory) throws Exception {
        TestCertificate certificate = TestCertificate.make(directory, "web1.example", -3);
        assertThat(handshake(
                                certificate,
                                new TlsConfig(
                                        "web1.example",
                                        true,
                                        Optional.of(certificate.pem().toString())))
                        .detail())
                .startsWith("TLS: the certificate has expired");
        assertThat(handshake(certificate, new TlsConfig("web1.example", false, Optional.empty()))
                        .success())
                .isTrue();
    }

    private Finding handshake(TestCertificate certificate, TlsConfig tls) throws IOException, GeneralSecurityException {
        try (ServerSocket server = certificate.listen()) {
            return servingOn(
                            server,
                            ProberTest::untilTheOtherSideEnds,
                            port -> check(new HealthCheckConfig.Tls(tls), port, PATIENCE))
                    .finding();
        }
    }

    @Test
    void aServerWithoutTlsFailsTheHandshake() throws IOException {
        Probe tls = new HealthCheckConfig.Tls(new TlsConfig("", false, Optional.empty()));
        assertThat(found(answering("HTTP/1.1 400 Bad Request\r\n\r\n"), tls))
                .isEqualTo(Finding.failed("TLS: the answer is not TLS"));
        assertThat(found(ProberTest::untilTheOtherSideEnds, tls, Duration.ofMillis(300)))
                .isEqualTo(Finding.failed("no TLS handshake within 300ms"));
        assertThat(found(connection -> {}, tls).success()).isFalse();
    }

    @Test
    void aDatagramIsAnswered() throws IOException {
        Probe probe = new HealthCheckConfig.Udp(new Payload("ping"), new Payload("ping"), true);
        try (DatagramSocket server = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> echo(server));
            ProbeOutcome outcome = check(probe, server.getLocalPort(), PATIENCE);
            assertThat(outcome.finding()).isEqualTo(Finding.passed("answer: ping"));
            assertThat(outcome.steps()).extracting(ProbeOutcome.Step::name).containsExactly("send", "answer");
        }
    }

    private static void echo(DatagramSocket server) {
        DatagramPacket packet = new DatagramPacket(new byte[512], 512);
        try {
            server.receive(packet);
            server.send(packet);
        } catch (IOException closed) {
            // The check sees that.
        }
    }

    @Test
    void aDatagramThatIsRefusedFailsEvenWithoutAnswerRequired() throws IOException {
        Probe probe = new HealthCheckConfig.Udp(new Payload("x"), Payload.NONE, false);
        int port;
        try (DatagramSocket server = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            port = server.getLocalPort();
            assertThat(check(probe, port, Duration.ofMillis(200)).finding())
                    .isEqualTo(Finding.passed("not refused within 200ms"));
        }
        assertThat(finding(probe, port)).isEqualTo(Finding.failed("refused: port unreachable (ICMP)"));
    }

    @Test
    void aNameServerIsAsked() throws IOException {
        Probe probe = new HealthCheckConfig.Dns("www.example.org", HealthCheckConfig.DnsType.A, "");
        try (DatagramSocket server = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            // The question comes back, and that is no answer.
            Thread.ofVirtual().start(() -> echo(server));
            assertThat(check(probe, server.getLocalPort(), Duration.ofMillis(300))
                            .finding())
                    .isEqualTo(Finding.failed("no DNS answer for www.example.org A within 300ms"));
        }
    }

    @Test
    void aProgramJudgesByItsExitStatus() throws InterruptedException {
        HealthCheckConfig.Exec exec = new HealthCheckConfig.Exec(List.of("/usr/local/bin/check", "--deep"));
        commandResult = new CommandResult.Ended(0, Duration.ZERO, "all fine");
        assertThat(finding(exec, 8080)).isEqualTo(Finding.passed("exit status 0: all fine"));
        assertThat(commands.take())
                .isEqualTo(new Command(
                        List.of("/usr/local/bin/check", "--deep"),
                        Map.of(
                                "MAINSTAY_SERVICE", "http",
                                "MAINSTAY_BACKEND", "web1",
                                "MAINSTAY_ADDRESS", "127.0.0.1",
                                "MAINSTAY_PORT", "8080"),
                        PATIENCE));
        commandResult = new CommandResult.Ended(3, Duration.ZERO, "no disk");
        assertThat(finding(exec, 8080)).isEqualTo(Finding.failed("exit status 3: no disk"));
        commandResult = new CommandResult.TimedOut(Duration.ofSeconds(1), Duration.ofSeconds(1), true, "");
        assertThat(finding(exec, 8080)).isEqualTo(Finding.failed("ended after its timeout of 1000ms"));
    }

    @Test
    void anAgentIsAskedOnItsOwnPort() throws IOException {
        ProbeOutcome outcome = serving(
                answering("up 75%\n"),
                port -> outcome(told -> prober.ask(
                        new AgentCheckConfig(port, PATIENCE, PATIENCE, new Payload("web1\n")), web1At(1), told)));
        assertThat(outcome.finding()).isEqualTo(Finding.passed("up 75%"));
    }

    @Test
    void aCheckMayGoToAnotherPort() throws IOException {
        ProbeOutcome outcome = serving(
                ProberTest::untilTheOtherSideEnds,
                port -> outcome(told -> prober.start(
                        new HealthCheckConfig(
                                new HealthCheckConfig.Tcp(), port, new Pace(PATIENCE, PATIENCE, PATIENCE, 3, 2)),
                        web1At(1),
                        told)));
        assertThat(outcome.finding()).isEqualTo(Finding.passed("connected"));
    }

    @Test
    void aCheckThatIsDroppedTellsNothing() throws IOException {
        Probe ping = new HealthCheckConfig.Tcp(new Payload("PING\r\n"), Payload.NONE);
        HealthCheckConfig config =
                new HealthCheckConfig(ping, 0, new Pace(PATIENCE, PATIENCE, Duration.ofMillis(100), 3, 2));
        CompletableFuture<Boolean> ended = new CompletableFuture<>();
        Script script = connection -> {
            untilTheOtherSideEnds(connection);
            ended.complete(true);
        };
        try (ServerSocket server = new ServerSocket(0, 16, InetAddress.getLoopbackAddress())) {
            CompletableFuture<ProbeOutcome> told = new CompletableFuture<>();
            Thread.ofVirtual().start(() -> {
                try (Socket connection = server.accept()) {
                    script.serve(connection);
                } catch (IOException over) {
                    ended.completeExceptionally(over);
                }
            });
            loop.execute(() -> {
                Probing probing = prober.start(config, web1At(server.getLocalPort()), told::complete);
                var unused = loop.schedule(probing::cancel, 30, TimeUnit.MILLISECONDS);
            });
            assertThat(ended.orTimeout(30, TimeUnit.SECONDS).join()).isTrue();
            // Beyond the timeout of the check.
            loop.schedule(() -> {}, 150, TimeUnit.MILLISECONDS).syncUninterruptibly();
            assertThat(told).isNotDone();
        }
    }

    @Test
    void aCheckThatIsOverIsNotKeptUntilItsTimeout() throws Exception {
        try (ServerSocket stream = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
                DatagramSocket datagrams = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> echo(datagrams));
            Probe udp = new HealthCheckConfig.Udp(new Payload("ping"), new Payload("ping"), true);
            List<WeakReference<?>> over = List.of(
                    passed(new HealthCheckConfig.Tcp(), stream.getLocalPort()), passed(udp, datagrams.getLocalPort()));
            await().atMost(PATIENCE).untilAsserted(() -> {
                System.gc();
                assertThat(over).allMatch(one -> one.refersTo(null));
            });
        }
    }

    /** Who was told that a check has passed whose timeout is far away. */
    private WeakReference<?> passed(Probe probe, int port) throws Exception {
        Duration hour = Duration.ofHours(1);
        HealthCheckConfig config = new HealthCheckConfig(probe, 0, new Pace(hour, hour, hour, 3, 2));
        CompletableFuture<ProbeOutcome> told = new CompletableFuture<>();
        loop.execute(() -> prober.start(config, web1At(port), told::complete));
        assertThat(told.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).finding().success())
                .isTrue();
        return new WeakReference<>(told);
    }

    /** The first octets of a check whose target has a preface of {@code P} and {@code Q}. */
    private byte[] firstOctets(Probe probe, boolean onAnotherPort) throws IOException {
        CompletableFuture<byte[]> seen = new CompletableFuture<>();
        serving(connection -> seen.complete(upToThree(connection.getInputStream())), port -> {
            HealthCheckConfig config = new HealthCheckConfig(
                    probe, onAnotherPort ? port : 0, new Pace(PATIENCE, PATIENCE, PATIENCE, 3, 2));
            Endpoint serves = Endpoint.parse("127.0.0.1:" + (onAnotherPort ? 1 : port));
            ProbeTarget target = new ProbeTarget("http", "web1", serves, new Payload("PQ"));
            ProbeOutcome outcome = outcome(told -> prober.start(config, target, told));
            // A check may be over before its connection is accepted, which it would not be any more after this.
            seen.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
            return outcome;
        });
        return seen.join();
    }

    /** What comes before the end, or before the reset by which a check may end a connection. */
    private static byte[] upToThree(InputStream in) {
        ByteArrayOutputStream octets = new ByteArrayOutputStream();
        try {
            int octet;
            while (octets.size() < 3 && (octet = in.read()) >= 0) {
                octets.write(octet);
            }
        } catch (IOException reset) {
            return octets.toByteArray();
        }
        return octets.toByteArray();
    }

    @Test
    void aPrefaceComesBeforeEverythingElse() throws IOException {
        assertThat(firstOctets(new HealthCheckConfig.Tcp(), false))
                .asString(US_ASCII)
                .isEqualTo("PQ");
        assertThat(firstOctets(new HealthCheckConfig.Tcp(new Payload("x"), new Payload("y")), false))
                .asString(US_ASCII)
                .isEqualTo("PQx");
        byte handshake = 22;
        assertThat(firstOctets(new HealthCheckConfig.Tls(new TlsConfig("", false, Optional.empty())), false))
                .containsExactly('P', 'Q', handshake);
    }

    @Test
    void aPortForChecksAloneGetsNoPreface() throws IOException {
        assertThat(firstOctets(new HealthCheckConfig.Tcp(new Payload("xyz"), new Payload("y")), true))
                .asString(US_ASCII)
                .isEqualTo("xyz");
    }
}
