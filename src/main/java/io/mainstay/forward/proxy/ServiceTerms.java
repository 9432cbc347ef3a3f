// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.TimeoutConfig;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a service and what follows from them for a connection; replaced as a whole when they change.
 *
 * @param opening what comes before the octets of clients
 * @param tcpOptions what the kernel is told about connections
 * @param recorder takes the records of connections; null: none are kept
 */
record ServiceTerms(
        ProxyService settings,
        Timeouts timeouts,
        Opening opening,
        TcpOptions tcpOptions,
        @Nullable Recorder recorder) {

    /** The timeouts of a service in the unit of the relay's deadlines. */
    record Timeouts(long connectNanos, long idleNanos, long halfClosedNanos, long openingNanos) {

        static Timeouts of(TimeoutConfig config) {
            return new Timeouts(
                    config.connect().toNanos(),
                    config.idle().toNanos(),
                    config.halfClosed().toNanos(),
                    config.opening().toNanos());
        }
    }

    static ServiceTerms of(ProxyService settings, Consumer<ConnectionRecord> records) {
        return new ServiceTerms(
                settings,
                Timeouts.of(settings.config().timeouts()),
                new Opening(settings.traffic()),
                new TcpOptions(settings.traffic().tcp()),
                Recorder.of(settings.traffic().records(), records));
    }
}
