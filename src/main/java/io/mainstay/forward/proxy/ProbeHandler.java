// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.health.HealthCheckConfig;
import io.mainstay.net.Endpoint;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One health check on a connection of its own, with one timeout over all of it. Gives exactly one result, then closes.
 */
// A write or close that fails shows as an event of the channel, or by the timeout.
@SuppressWarnings("FutureReturnValueIgnored")
final class ProbeHandler extends ChannelInboundHandlerAdapter {

    /** Octets of an answer that are read before the connection is cut; many servers complain when it is cut at once. */
    private static final int MAX_READ = 64 * 1024;

    private final HealthCheckConfig check;
    private final Endpoint backend;
    private final Consumer<ProbeResult> result;
    private final StatusLine statusLine = new StatusLine();
    private @Nullable ChannelHandlerContext context;
    private boolean connected;
    private boolean decided;
    private int octetsRead;

    /** @param result is given the result on the thread of the channel */
    ProbeHandler(HealthCheckConfig check, Endpoint backend, Consumer<ProbeResult> result) {
        this.check = check;
        this.backend = backend;
        this.result = result;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        ctx.executor().schedule(() -> onTimeout(ctx), check.timeout().toNanos(), TimeUnit.NANOSECONDS);
    }

    private void onTimeout(ChannelHandlerContext ctx) {
        String waitedFor = connected ? "no complete answer within " : "connect timed out after ";
        decide(ProbeResult.failed(waitedFor + inWords(check.timeout())));
        ctx.close();
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        connected = true;
        switch (check.probe()) {
            case HealthCheckConfig.Tcp() -> {
                decide(ProbeResult.passed("connected"));
                ctx.close();
            }
            case HealthCheckConfig.Http http ->
                ctx.writeAndFlush(Unpooled.copiedBuffer(request(http), StandardCharsets.US_ASCII));
        }
    }

    private String request(HealthCheckConfig.Http http) {
        String host = http.host().isEmpty() ? backend.toString() : http.host();
        return "GET " + http.path() + " HTTP/1.1\r\n"
                + "Host: " + host + "\r\n"
                + "User-Agent: mainstay-health-check\r\n"
                + "Accept: */*\r\n"
                + "Connection: close\r\n\r\n";
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        try {
            if (message instanceof ByteBuf octets) {
                octetsRead += octets.readableBytes();
                if (!decided && statusLine.take(ByteBufUtil.getBytes(octets))) {
                    decide(judge());
                }
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
        if (octetsRead > MAX_READ) {
            ctx.close();
        }
    }

    private ProbeResult judge() {
        if (!(check.probe() instanceof HealthCheckConfig.Http http)) {
            throw new AssertionError("only an HTTP probe waits for an answer");
        }
        int status = statusLine.status();
        if (status < 0) {
            return ProbeResult.failed("answer: " + statusLine.shown() + " (expected: HTTP/1.1 and a status)");
        }
        if (status < http.lowestStatus() || status > http.highestStatus()) {
            return ProbeResult.failed(
                    "HTTP status " + status + " (expected: " + http.lowestStatus() + ".." + http.highestStatus() + ")");
        }
        return ProbeResult.passed("HTTP status " + status);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        decide(ProbeResult.failed("connection closed before an answer"));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        decide(ProbeResult.failed(SocketErrors.reason(cause)));
        ctx.close();
    }

    /** The connection was not made. */
    void onConnectFailed(Throwable cause) {
        decide(ProbeResult.failed("connect: " + SocketErrors.reason(cause)));
    }

    /** Drops the check; its result is of no interest any more. */
    void cancel() {
        decided = true;
        if (context != null) {
            context.close();
        }
    }

    private void decide(ProbeResult found) {
        if (!decided) {
            decided = true;
            result.accept(found);
        }
    }

    private static String inWords(Duration duration) {
        long millis = duration.toMillis();
        return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
    }
}
