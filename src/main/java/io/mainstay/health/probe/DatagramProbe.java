// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health.probe;

import io.mainstay.health.Dialogue;
import io.mainstay.health.Finding;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import java.net.PortUnreachableException;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A dialogue by datagrams on a socket of its own, which is connected so that the kernel tells of a refusal (ICMP). */
// A write or close that fails shows as an event of the channel, or by the timeout.
@SuppressWarnings("FutureReturnValueIgnored")
final class DatagramProbe extends SimpleChannelInboundHandler<DatagramPacket> implements Probing {

    private final Dialogue dialogue;
    private final Duration timeout;
    private final ProbeLog log;
    private @Nullable ChannelHandlerContext context;
    private @Nullable Future<?> deadline;

    DatagramProbe(Dialogue dialogue, Duration timeout, Consumer<ProbeOutcome> told) {
        this.dialogue = dialogue;
        this.timeout = timeout;
        log = new ProbeLog(told);
        log.begin("send");
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        deadline = ctx.executor()
                .schedule(() -> decide(ctx, dialogue.onSilence(timeout)), timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** See {@link StreamProbe#handlerRemoved}. */
    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (deadline != null) {
            deadline.cancel(false);
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        byte[] question = dialogue.opening();
        ctx.writeAndFlush(Unpooled.wrappedBuffer(question)).addListener(done -> {
            if (!done.isSuccess()) {
                decide(ctx, Finding.failed("send: " + SocketErrors.reason(done.cause())));
            }
        });
        log.done(question.length + " octets");
        log.begin("answer");
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, DatagramPacket datagram) {
        Finding finding = dialogue.onOctets(ByteBufUtil.getBytes(datagram.content()));
        if (finding != null) {
            decide(ctx, finding);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        boolean refused = cause instanceof PortUnreachableException;
        decide(ctx, Finding.failed(refused ? "refused: port unreachable (ICMP)" : SocketErrors.reason(cause)));
    }

    /** There is no way to the backend. */
    void onConnectFailed(Throwable cause) {
        log.decide(SocketErrors.notConnected("send: ", cause));
    }

    private void decide(ChannelHandlerContext ctx, Finding finding) {
        log.decide(finding);
        ctx.close();
    }

    @Override
    public void cancel() {
        log.silence();
        if (context != null) {
            context.close();
        }
    }
}
