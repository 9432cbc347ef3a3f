// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import java.time.Duration;

/**
 * Who this node is.
 *
 * @param name how people call it; the host name unless configured
 * @param startupDelay how long it waits after its start before it takes part in any election
 */
public record NodeSettings(String name, Duration startupDelay) {

    /** A node that takes part at once. */
    public NodeSettings(String name) {
        this(name, Duration.ZERO);
    }
}
