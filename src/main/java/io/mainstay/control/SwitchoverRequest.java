// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import java.time.Duration;
import java.util.Optional;

/**
 * Asks to hand over.
 *
 * @param virtualRouter which one; empty: every one that is Active on this node
 * @param untilDone whether to answer only when it is done
 * @param timeout after which the attempt is given up and this node goes on serving
 */
public record SwitchoverRequest(Optional<String> virtualRouter, boolean untilDone, Duration timeout) {

    public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(30);
}
