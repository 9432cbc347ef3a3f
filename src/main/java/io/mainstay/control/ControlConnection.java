// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import io.mainstay.observe.Event;
import io.mainstay.observe.EventFeed;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.timeout.IdleStateEvent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to the control socket: its requests, one after the other, and their answers.
 *
 * <p>Fields belong to the connection's event loop. The requests themselves are carried out by the workers.
 */
@SuppressWarnings("FutureReturnValueIgnored") // nothing is left to do when closing fails
final class ControlConnection extends SimpleChannelInboundHandler<FullHttpRequest> {

    /** After which a connection without a request is closed. */
    static final int IDLE_SECONDS = 60;

    /** How many requests may have been sent ahead of their answers. */
    private static final int MOST_WAITING = 16;

    private static final Duration LONGEST_SILENCE = Duration.ofHours(1);

    private static final Logger LOG = LoggerFactory.getLogger(ControlConnection.class);

    private record Incoming(ControlRequest request, boolean keepAlive) {}

    private final ControlRoutes routes;
    private final EventFeed events;
    private final ExecutorService workers;
    private final Queue<Incoming> waiting = new ArrayDeque<>();
    private boolean busy;

    ControlConnection(ControlRoutes routes, EventFeed events, ExecutorService workers) {
        this.routes = routes;
        this.events = events;
        this.workers = workers;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
        Optional<ControlRequest> parsed = parse(request);
        if (parsed.isEmpty()) {
            refuse(ctx, ControlAnswer.error(400, "invalid", "not a request of HTTP/1.1"));
            return;
        }
        waiting.add(new Incoming(parsed.get(), HttpUtil.isKeepAlive(request)));
        if (waiting.size() > MOST_WAITING) {
            refuse(ctx, ControlAnswer.error(429, "too_many", "too many requests before their answers"));
        } else if (!busy) {
            startNext(ctx);
        }
    }

    private static Optional<ControlRequest> parse(FullHttpRequest request) {
        if (request.decoderResult().isFailure()) {
            return Optional.empty();
        }
        try {
            QueryStringDecoder uri = new QueryStringDecoder(request.uri());
            List<String> path = new ArrayList<>();
            for (String segment : uri.rawPath()
                    .substring(uri.rawPath().startsWith("/") ? 1 : 0)
                    .split("/", -1)) {
                path.add(QueryStringDecoder.decodeComponent(segment, StandardCharsets.UTF_8));
            }
            var parameters = uri.parameters();
            return Optional.of(new ControlRequest(
                    request.method().name(),
                    path,
                    name -> Optional.ofNullable(parameters.get(name)).map(List::getFirst),
                    request.headers().get(HttpHeaderNames.ACCEPT, ""),
                    request.content().toString(StandardCharsets.UTF_8)));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private void refuse(ChannelHandlerContext ctx, ControlAnswer.Whole answer) {
        waiting.clear();
        ctx.writeAndFlush(response(answer, false)).addListener(ChannelFutureListener.CLOSE);
    }

    private void startNext(ChannelHandlerContext ctx) {
        Incoming next = waiting.poll();
        busy = next != null;
        if (next != null) {
            workers.execute(() -> carryOut(ctx, next));
        }
    }

    /** On a worker. */
    private void carryOut(ChannelHandlerContext ctx, Incoming incoming) {
        try {
            ControlAnswer answer =
                    routes.answer(incoming.request()).toCompletableFuture().get();
            ChannelFuture written = switch (answer) {
                case ControlAnswer.Whole whole -> ctx.writeAndFlush(response(whole, incoming.keepAlive()));
                case ControlAnswer.EventStream stream -> follow(ctx.channel(), stream.since());
            };
            written.addListener(future -> {
                if (!future.isSuccess() || !incoming.keepAlive()) {
                    ctx.close();
                } else {
                    ctx.executor().execute(() -> startNext(ctx));
                }
            });
        } catch (InterruptedException e) {
            // The server closes, or the client has gone.
            ctx.close();
        } catch (ExecutionException e) {
            LOG.error("a request on the control socket failed", e.getCause());
            ctx.close();
        }
    }

    /** Sends events as they come, each batch only when the one before has left, so a slow reader costs no memory. */
    private ChannelFuture follow(Channel channel, long since) throws InterruptedException {
        Thread thread = Thread.currentThread();
        channel.closeFuture().addListener(future -> thread.interrupt());
        HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        head.headers().set(HttpHeaderNames.CONTENT_TYPE, "application/x-ndjson");
        head.headers().set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
        channel.writeAndFlush(head).await();
        long last = since;
        while (channel.isActive() && !events.ended()) {
            List<Event> batch = events.awaitSince(last, LONGEST_SILENCE);
            if (!batch.isEmpty()) {
                ByteBuf lines = Unpooled.copiedBuffer(ControlRoutes.lines(batch), StandardCharsets.UTF_8);
                channel.writeAndFlush(new DefaultHttpContent(lines)).await();
                last = batch.getLast().sequence();
            }
        }
        return channel.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
    }

    static FullHttpResponse response(ControlAnswer.Whole answer, boolean keepAlive) {
        ByteBuf body = Unpooled.copiedBuffer(answer.body(), StandardCharsets.UTF_8);
        FullHttpResponse response =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(answer.status()), body);
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, answer.contentType());
        response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
        if (!keepAlive) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        }
        return response;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
        if (event instanceof IdleStateEvent) {
            if (!busy) {
                ctx.close();
            }
        } else {
            super.userEventTriggered(ctx, event);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (!(cause instanceof IOException)) {
            LOG.warn("a connection to the control socket is closed", cause);
        }
        ctx.close();
    }
}
