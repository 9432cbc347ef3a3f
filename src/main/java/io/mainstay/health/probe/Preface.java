// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health.probe;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/** Sends a few octets before anything else on a connection, TLS included. */
final class Preface extends ChannelInboundHandlerAdapter {

    private final byte[] octets;
    private final ChannelHandler next;

    /** @param next what stands behind this one */
    Preface(byte[] octets, ChannelHandler next) {
        this.octets = octets;
        this.next = next;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        ctx.pipeline().addAfter(ctx.name(), null, next);
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // A write that fails shows as an event of the channel.
    public void channelActive(ChannelHandlerContext ctx) {
        ctx.writeAndFlush(Unpooled.wrappedBuffer(octets));
        ctx.fireChannelActive();
    }
}
