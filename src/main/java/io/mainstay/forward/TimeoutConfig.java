// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import java.time.Duration;

/**
 * When a connection is ended by the relay.
 *
 * @param connect how long one attempt to reach a backend may take
 * @param idle how long a connection may be silent in both directions
 * @param halfClosed how long it may live silently after one side has finished sending
 * @param opening how long a client may take for what must come before a backend can be chosen
 */
public record TimeoutConfig(Duration connect, Duration idle, Duration halfClosed, Duration opening) {

    public static final Duration DEFAULT_OPENING = Duration.ofSeconds(5);

    public TimeoutConfig(Duration connect, Duration idle, Duration halfClosed) {
        this(connect, idle, halfClosed, DEFAULT_OPENING);
    }
}
