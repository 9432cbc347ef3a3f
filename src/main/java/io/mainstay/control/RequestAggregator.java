// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpObjectAggregator;

/** Gathers a request with its body, and refuses a body that no request of ours has. */
final class RequestAggregator extends HttpObjectAggregator {

    static final int LARGEST_BODY = 64 * 1024;

    RequestAggregator() {
        super(LARGEST_BODY, true);
    }

    @Override
    protected void handleOversizedMessage(ChannelHandlerContext ctx, HttpMessage oversized) {
        ControlAnswer.Whole answer = ControlAnswer.error(
                413, "too_large", "the body is too large (expected: at most " + LARGEST_BODY + " bytes)");
        ctx.writeAndFlush(ControlConnection.response(answer, false)).addListener(ChannelFutureListener.CLOSE);
    }
}
