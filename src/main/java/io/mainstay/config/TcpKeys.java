// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;

import io.mainstay.forward.SourceAddress;
import io.mainstay.forward.TcpConfig;
import java.time.Duration;
import java.util.List;

/** Below {@code tcp} of a service. */
final class TcpKeys {

    static final Key.Scalar<Integer> BACKLOG = Key.optional(
            "backlog",
            ScalarTypes.integer(1, 1_000_000),
            TcpConfig.DEFAULT.backlog(),
            "How many connections may wait in the kernel, for each worker and listener, until they are taken. The kernel"
                    + " cuts it down to net.core.somaxconn; net.ipv4.tcp_max_syn_backlog bounds those that are half open.");

    static final Key.Scalar<Duration> DEFER_ACCEPT = Key.optional(
            "defer_accept",
            ScalarTypes.durationOrZero("at once", ofSeconds(1), ofMinutes(2)),
            TcpConfig.DEFAULT.deferAccept(),
            "How long the kernel waits for the first octets of a client before it hands the connection over. Not for"
                    + " protocols in which the server speaks first.");

    static final Key.Scalar<Duration> KEEPALIVE = Key.optional(
            "keepalive",
            ScalarTypes.durationOrZero("never", ofSeconds(1), ofHours(9)),
            TcpConfig.DEFAULT.keepalive(),
            "After how long a silence the kernel asks whether the peer, client or backend, is still there. It asks four"
                    + " times, each quarter of this time.");

    static final Key.Scalar<Duration> USER_TIMEOUT = Key.optional(
            "user_timeout",
            ScalarTypes.durationOrZero("the kernel's own patience", ofMillis(100), ofHours(1)),
            TcpConfig.DEFAULT.userTimeout(),
            "How long a peer may leave octets unacknowledged, or its window closed, before the connection is ended.");

    static final Key.Scalar<Boolean> NO_DELAY = Key.optional(
            "no_delay",
            ScalarTypes.bool(),
            TcpConfig.DEFAULT.noDelay(),
            "Whether small segments are sent at once instead of waiting for those before them to be acknowledged.");

    static final Key.Scalar<SourceAddress> SOURCE = Key.optional(
            "source",
            ScalarTypes.word(SourceAddress.class),
            TcpConfig.DEFAULT.source(),
            "Whose address the backends see: that of this node, or that of the client. The latter needs routes, see"
                    + " docs/traffic.md.");

    static final Key.Section SECTION = new Key.Section(
            "tcp",
            List.of(BACKLOG, DEFER_ACCEPT, KEEPALIVE, USER_TIMEOUT, NO_DELAY, SOURCE),
            "For listeners with /tcp: what the kernel is told about connections.");

    private TcpKeys() {}

    static TcpConfig read(WrittenSection tcp) {
        return new TcpConfig(
                ConfigBuilder.get(tcp, BACKLOG),
                ConfigBuilder.get(tcp, DEFER_ACCEPT),
                ConfigBuilder.get(tcp, KEEPALIVE),
                ConfigBuilder.get(tcp, USER_TIMEOUT),
                ConfigBuilder.get(tcp, NO_DELAY),
                ConfigBuilder.get(tcp, SOURCE));
    }

    static EffectiveConfig.Tree write(TcpConfig tcp) {
        return new EffectiveConfig.Tree()
                .put(BACKLOG, tcp.backlog())
                .put(DEFER_ACCEPT, tcp.deferAccept())
                .put(KEEPALIVE, tcp.keepalive())
                .put(USER_TIMEOUT, tcp.userTimeout())
                .put(NO_DELAY, tcp.noDelay())
                .put(SOURCE, tcp.source());
    }
}
