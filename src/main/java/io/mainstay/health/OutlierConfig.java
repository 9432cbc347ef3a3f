// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

import java.time.Duration;

/**
 * When a backend is ejected, that is, gets no new connections for a while, because those of clients fail.
 *
 * @param consecutiveFailures so many connections that fail in a row eject it
 * @param ejectionTime how long, the first time; as often as it happens again soon after it is that much longer
 * @param maxEjectedPercent of the backends of a service that may be ejected at the same time, 0 to 100
 * @param countResets whether a connection that the backend resets before it has answered has failed; a client can bring that
 *     about. A connection that cannot be made always has
 */
public record OutlierConfig(
        int consecutiveFailures, Duration ejectionTime, int maxEjectedPercent, boolean countResets) {

    /** How many of so many backends may be ejected at the same time. */
    public int mostEjected(int backends) {
        return backends * maxEjectedPercent / 100;
    }
}
