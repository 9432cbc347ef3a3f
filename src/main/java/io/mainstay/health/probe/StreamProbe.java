// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health.probe;

import io.mainstay.health.Dialogue;
import io.mainstay.health.Finding;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A dialogue on a TCP connection of its own, over TLS or not, with one timeout over all of it. */
// A write or close that fails shows as an event of the channel, or by the timeout.
@SuppressWarnings("FutureReturnValueIgnored")
final class StreamProbe extends ChannelInboundHandlerAdapter implements Probing {

    /** Octets of an answer that are read before the connection is cut; many servers complain when it is cut at once. */
    private static final int MAX_READ = 64 * 1024;

    /** What stands between the connection and the dialogue. */
    enum Tls {
        NONE,
        ANY_CERTIFICATE,
        VALID_CERTIFICATE
    }

    private final Dialogue dialogue;
    private final Duration timeout;
    private final Tls tls;
    private final ProbeLog log;
    private @Nullable ChannelHandlerContext context;
    private @Nullable Future<?> deadline;
    private boolean connected;
    private boolean open;
    private int octetsRead;

    /**
     * @param tls other than NONE: a TLS handler stands before this one
     * @param told is given the outcome on the thread of the channel
     */
    StreamProbe(Dialogue dialogue, Duration timeout, Tls tls, Consumer<ProbeOutcome> told) {
        this.dialogue = dialogue;
        this.timeout = timeout;
        this.tls = tls;
        log = new ProbeLog(told);
        log.begin("connect");
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        deadline = ctx.executor().schedule(() -> onTimeout(ctx), timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** The channel is closed. A timer that ran on would hold the check, and with it the service, until the timeout. */
    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (deadline != null) {
            deadline.cancel(false);
        }
    }

    private void onTimeout(ChannelHandlerContext ctx) {
        if (!connected) {
            log.decide(Finding.failed("connect timed out after " + ProbeText.of(timeout)));
        } else if (!open) {
            log.decide(Finding.failed("no TLS handshake within " + ProbeText.of(timeout)));
        } else {
            log.decide(dialogue.onSilence(timeout));
        }
        ctx.close();
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        connected = true;
        log.done("connected");
        if (tls != Tls.NONE) {
            log.begin("tls");
        } else {
            begin(ctx);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof SslHandshakeCompletionEvent handshake) {
            SslHandler handler = ctx.pipeline().get(SslHandler.class);
            if (!handshake.isSuccess() || handler == null) {
                fail(ctx, "TLS: " + ProbeText.ofTls(handshake.cause()));
            } else if (tls == Tls.VALID_CERTIFICATE
                    && Certificates.isExpired(handler.engine().getSession())) {
                fail(ctx, "TLS: the certificate has expired");
            } else {
                log.done(Certificates.shown(handler.engine().getSession()));
                begin(ctx);
            }
        }
    }

    private void fail(ChannelHandlerContext ctx, String reason) {
        log.decide(Finding.failed(reason));
        ctx.close();
    }

    private void begin(ChannelHandlerContext ctx) {
        open = true;
        Finding finding = dialogue.onOpen();
        if (finding != null) {
            log.decide(finding);
            ctx.close();
            return;
        }
        byte[] opening = dialogue.opening();
        if (opening.length > 0) {
            log.begin("send");
            ctx.writeAndFlush(Unpooled.wrappedBuffer(opening));
            log.done(opening.length + " octets");
        }
        log.begin("answer");
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        try {
            if (message instanceof ByteBuf octets) {
                octetsRead += octets.readableBytes();
                if (!log.isOver()) {
                    Finding finding = dialogue.onOctets(ByteBufUtil.getBytes(octets));
                    if (finding != null) {
                        log.decide(finding);
                    }
                }
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
        if (octetsRead > MAX_READ && log.isOver()) {
            ctx.close();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        log.decide(
                open || tls == Tls.NONE
                        ? dialogue.onEnd()
                        : Finding.failed("connection closed before the TLS handshake was done"));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        fail(ctx, tls == Tls.NONE ? SocketErrors.reason(cause) : "TLS: " + ProbeText.ofTls(cause));
    }

    /** The connection was not made. */
    void onConnectFailed(Throwable cause) {
        log.decide(SocketErrors.notConnected("connect: ", cause));
    }

    @Override
    public void cancel() {
        log.silence();
        if (context != null) {
            context.close();
        }
    }
}
