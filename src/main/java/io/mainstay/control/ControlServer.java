// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import io.mainstay.observe.EventFeed;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers on the control socket: HTTP/1.1 with JSON, so that {@code curl --unix-socket} serves as well as
 * {@code mainstay}.
 *
 * <p>Who may connect is up to the socket's permissions: 0660. One thread moves octets; each request is carried out on a
 * virtual thread of its own, so a slow one holds up nobody.
 */
public final class ControlServer implements AutoCloseable {

    /** More than any number of operators and scripts need at once. */
    static final int MOST_CONNECTIONS = 64;

    private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);

    private static final int LONGEST_LINE = 4096;
    private static final int LARGEST_HEADERS = 8192;
    private static final int LARGEST_CHUNK = 8192;
    private static final int BACKLOG = 64;

    private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(
            1, Thread.ofPlatform().name("control").daemon().factory(), EpollIoHandler.newFactory());
    private final ExecutorService workers = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("control-request-", 0).factory());
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final SocketFile socketFile;
    private final ControlRoutes routes;
    private final EventFeed events;

    private ControlServer(Path socket, ControlHandler handler, EventFeed events) {
        socketFile = new SocketFile(socket);
        routes = new ControlRoutes(handler, events);
        this.events = events;
    }

    /**
     * Listens on the socket.
     *
     * @throws IOException if another daemon answers there, or the socket cannot be made; the message is for the operator
     */
    public static ControlServer open(Path socket, ControlHandler handler, EventFeed events) throws IOException {
        ControlServer server = new ControlServer(socket, handler, events);
        try {
            server.bind(socket);
        } catch (IOException e) {
            server.close();
            throw e;
        }
        return server;
    }

    private void bind(Path socket) throws IOException {
        Path whileMade = socketFile.prepare();
        ChannelFuture bound = new ServerBootstrap()
                .group(loop)
                .channel(EpollServerDomainSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childHandler(new Connections())
                .bind(new DomainSocketAddress(whileMade.toFile()))
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException(
                    "control socket " + socket + ": " + bound.cause().getMessage(), bound.cause());
        }
        connections.add(bound.channel());
        socketFile.publish();
    }

    /** Ends every connection, those that follow events too, and removes the socket. */
    @Override
    public void close() {
        socketFile.remove();
        connections.close().awaitUninterruptibly(2, TimeUnit.SECONDS);
        workers.shutdownNow();
        try {
            // The loop must outlive the workers, who tell it how their answers went.
            boolean ended = workers.awaitTermination(2, TimeUnit.SECONDS);
            if (!ended) {
                LOG.warn("a request on the control socket is still being carried out");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        loop.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3, TimeUnit.SECONDS);
    }

    /** Sets up each connection that arrives. */
    private final class Connections extends ChannelInitializer<Channel> {

        @Override
        @SuppressWarnings("FutureReturnValueIgnored") // nothing is left to do when closing fails
        protected void initChannel(Channel channel) {
            // The listening channel is one of the group.
            if (connections.size() > MOST_CONNECTIONS) {
                LOG.warn("a connection to the control socket was refused: {} are open", MOST_CONNECTIONS);
                channel.close();
                return;
            }
            connections.add(channel);
            channel.pipeline()
                    .addLast(new IdleStateHandler(ControlConnection.IDLE_SECONDS, 0, 0))
                    .addLast(new HttpServerCodec(LONGEST_LINE, LARGEST_HEADERS, LARGEST_CHUNK))
                    .addLast(new RequestAggregator())
                    .addLast(new ControlConnection(routes, events, workers));
        }
    }
}
