// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.health.HealthCheckConfig;
import io.mainstay.health.HealthCheckConfig.Probe;
import io.mainstay.net.Endpoint;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ProbeHandlerTest {

    private static final Endpoint BACKEND = Endpoint.parse("198.18.0.11:8080");
    private static final Probe HTTP = new HealthCheckConfig.Http("/health", "", 200, 399);

    private final List<ProbeResult> results = new ArrayList<>();
    private final EmbeddedChannel channel = new EmbeddedChannel();

    private ProbeHandler handler(Probe probe) {
        return new ProbeHandler(
                new HealthCheckConfig(probe, Duration.ofSeconds(10), Duration.ofSeconds(3), 3, 2),
                BACKEND,
                results::add);
    }

    /** A connection that is made already. */
    private void connect(Probe probe) {
        channel.freezeTime();
        ProbeHandler handler = handler(probe);
        channel.pipeline().addLast(handler);
        handler.channelActive(channel.pipeline().lastContext());
    }

    private void answer(String text) {
        channel.writeInbound(Unpooled.copiedBuffer(text, US_ASCII));
    }

    @AfterEach
    void releaseAll() {
        assertThat(channel.finishAndReleaseAll()).isIn(true, false);
    }

    @Test
    void aTcpProbePassesWhenTheConnectionIsMade() {
        connect(new HealthCheckConfig.Tcp());
        assertThat(results).containsExactly(ProbeResult.passed("connected"));
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void anHttpProbeAsksForThePathOfTheHost() {
        connect(HTTP);
        ByteBuf request = channel.readOutbound();
        assertThat(request.toString(US_ASCII))
                .startsWith("GET /health HTTP/1.1\r\nHost: 198.18.0.11:8080\r\n")
                .contains("\r\nConnection: close\r\n")
                .endsWith("\r\n\r\n");
        request.release();
    }

    @Test
    void anHttpProbeAsksForTheConfiguredHost() {
        connect(new HealthCheckConfig.Http("/", "shop.example", 200, 200));
        ByteBuf request = channel.readOutbound();
        assertThat(request.toString(US_ASCII)).contains("\r\nHost: shop.example\r\n");
        request.release();
    }

    @Test
    void aStatusInTheRangePasses() {
        connect(HTTP);
        answer("HTTP/1.1 20");
        assertThat(results).isEmpty();
        answer("4 No Content\r\n\r\n");
        assertThat(results).containsExactly(ProbeResult.passed("HTTP status 204"));
    }

    @Test
    void aStatusOutsideTheRangeFails() {
        connect(HTTP);
        answer("HTTP/1.1 503 Service Unavailable\r\n");
        assertThat(results).containsExactly(ProbeResult.failed("HTTP status 503 (expected: 200..399)"));
    }

    @Test
    void anAnswerThatIsNotHttpFails() {
        connect(HTTP);
        answer("SSH-2.0-OpenSSH_9.2\r\n");
        assertThat(results)
                .containsExactly(ProbeResult.failed("answer: SSH-2.0-OpenSSH_9.2 (expected: HTTP/1.1 and a status)"));
    }

    @Test
    void theRestOfTheAnswerIsReadAndNotJudged() {
        connect(HTTP);
        answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
        answer("0123456789");
        assertThat(channel.isOpen()).isTrue();
        assertThat(results).hasSize(1);
    }

    @Test
    void anAnswerWithoutEndIsCutOff() {
        connect(HTTP);
        answer("HTTP/1.1 200 OK\r\n\r\n");
        for (int i = 0; i < 65 && channel.isOpen(); i++) {
            channel.writeInbound(Unpooled.wrappedBuffer(new byte[1024]));
        }
        assertThat(channel.isOpen()).isFalse();
        assertThat(results).containsExactly(ProbeResult.passed("HTTP status 200"));
    }

    @Test
    void noAnswerWithinTheTimeoutFails() {
        connect(HTTP);
        answer("HTTP/1.1 2");
        channel.advanceTimeBy(2_999, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
        assertThat(results).isEmpty();
        channel.advanceTimeBy(1, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
        assertThat(results).containsExactly(ProbeResult.failed("no complete answer within 3s"));
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void aConnectionThatIsNotMadeWithinTheTimeoutFails() {
        channel.freezeTime();
        channel.pipeline().addLast(handler(HTTP));
        channel.advanceTimeBy(3, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        assertThat(results).containsExactly(ProbeResult.failed("connect timed out after 3s"));
    }

    @Test
    void aConnectionThatIsClosedBeforeTheAnswerFails() {
        connect(HTTP);
        channel.disconnect().syncUninterruptibly();
        assertThat(results).containsExactly(ProbeResult.failed("connection closed before an answer"));
    }

    @Test
    void aRefusedConnectionFailsWithTheReasonOfTheKernel() {
        handler(HTTP)
                .onConnectFailed(new ConnectException(
                        "connect(..) failed with error(-111): Connection refused: /198.18.0.11:8080"));
        handler(HTTP).onConnectFailed(new NoRouteToHostException());
        assertThat(results)
                .containsExactly(
                        ProbeResult.failed("connect: connection refused (errno 111)"),
                        ProbeResult.failed("connect: no route to host"));
    }

    @Test
    void aConnectionThatBreaksFails() {
        connect(HTTP);
        channel.pipeline()
                .fireExceptionCaught(
                        new IOException("recvAddress(..) failed with error(-104): Connection reset by peer"));
        assertThat(results).containsExactly(ProbeResult.failed("connection reset by peer (errno 104)"));
    }

    @Test
    void aDroppedProbeGivesNoResult() {
        channel.freezeTime();
        ProbeHandler handler = handler(HTTP);
        channel.pipeline().addLast(handler);
        handler.cancel();
        channel.advanceTimeBy(10, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        assertThat(results).isEmpty();
        assertThat(channel.isOpen()).isFalse();
    }
}
