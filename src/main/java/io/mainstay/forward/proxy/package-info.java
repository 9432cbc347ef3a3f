// SPDX-License-Identifier: Apache-2.0
/**
 * The proxy engine: a relay for TCP and UDP and active health checks on Netty.
 *
 * <p><b>Datagrams</b> go the same way without a connection: a client's first one chooses a backend and opens a socket towards
 * it, which is the session ({@link io.mainstay.forward.proxy.UdpSession}). recvmmsg and sendmmsg, called through {@code
 * java.lang.foreign} because Netty keeps its own to itself, take up to 32 at a time: those of all clients of a listener, and
 * the answers of all sessions of one turn of the loop.
 *
 * <p>Together with {@code control} the only user of {@code io.netty}. May use {@code forward}, {@code forward.wire}, {@code health}, {@code net}
 * and {@code time}.
 *
 * <p><b>Threads.</b> Each worker is one epoll loop with its own listening sockets (SO_REUSEPORT), the connections taken from
 * them and their connections to backends; nothing hops between workers. One more loop, for control, runs the checks, the
 * deadlines of drains and the consumer of events. What they share is the choice of a backend, under the lock of its service.
 *
 * <p><b>The relay works below Netty's channels</b>, as {@link io.netty.channel.epoll.EpollIoHandle}s on its event loops, with
 * its socket calls ({@link io.netty.channel.unix.Socket}, which is public but meant for Netty's own use: look at it when
 * Netty is updated). So each system call is one that a relay needs: two reads and two writes for a request and its answer on
 * a kept connection, as HAProxy has. Readiness is edge-triggered; a socket is registered once. {@link
 * io.mainstay.forward.proxy.Relay} holds the rules and talks to {@link io.mainstay.forward.proxy.StreamSocket} alone, so that
 * tests run it on simulated sockets and a clock that stands.
 *
 * <p><b>Before the relay</b> stands {@link io.mainstay.forward.proxy.Reception} for those who have to say something first
 * (a PROXY header, the first message of TLS) or have to wait for a backend. It looks at the octets in the socket (MSG_PEEK)
 * and takes none but a header, so that the relay begins as if nothing had been. {@link io.mainstay.forward.proxy.Visit} knows
 * who the client is and what has to be counted when it goes.
 *
 * <p><b>Memory.</b> No allocator of Netty is used by the relay: a worker reads into one block of 64 KiB and writes from it.
 * Only what a slow peer does not take keeps a block, one for each direction, 128 MiB in all. Large transfers pass through a pipe of the
 * kernel in its place ({@link io.mainstay.forward.proxy.PipePool}): splice(2) moves pages where reads and writes copy octets.
 * A connection takes about 600
 * octets of heap, an idle one nothing else. Checks use Netty's channels with unpooled buffers; no arena is ever made.
 */
@NullMarked
package io.mainstay.forward.proxy;

import org.jspecify.annotations.NullMarked;
