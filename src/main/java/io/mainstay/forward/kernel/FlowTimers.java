// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import io.mainstay.forward.TimeoutConfig;
import io.mainstay.forward.UdpConfig;
import io.mainstay.kernel.FlowCursor;
import java.time.Duration;

/**
 * After which silence in both directions a flow is over, in milliseconds.
 *
 * @param idleMillis of an established connection
 * @param halfClosedMillis of one of which one side has finished
 * @param udpMillis of datagrams
 */
record FlowTimers(long idleMillis, long halfClosedMillis, long udpMillis) {

    static final FlowTimers DEFAULT =
            of(new TimeoutConfig(Duration.ZERO, Duration.ofMinutes(5), Duration.ofSeconds(30)), UdpConfig.DEFAULT);

    /**
     * Of a connection that is closed or reset: long enough for the last segments to be repeated, and that a late one is not
     * taken for a flow of its own.
     */
    static final long CLOSED_MILLIS = 10_000;

    static FlowTimers of(TimeoutConfig timeouts, UdpConfig udp) {
        return new FlowTimers(
                timeouts.idle().toMillis(),
                timeouts.halfClosed().toMillis(),
                udp.sessionTimeout().toMillis());
    }

    /** @param state of the client's direction, bits of {@link FlowCursor} */
    long limitMillis(boolean tcp, int state) {
        if (!tcp) {
            return udpMillis;
        }
        if (isClosed(state)) {
            return CLOSED_MILLIS;
        }
        return (state & (FlowCursor.CLIENT_FIN | FlowCursor.BACKEND_FIN)) != 0 ? halfClosedMillis : idleMillis;
    }

    static boolean isClosed(int state) {
        int fins = FlowCursor.CLIENT_FIN | FlowCursor.BACKEND_FIN;
        return (state & FlowCursor.RESET) != 0 || (state & fins) == fins;
    }

    long longestMillis() {
        return Math.max(Math.max(idleMillis, halfClosedMillis), Math.max(udpMillis, CLOSED_MILLIS));
    }
}
