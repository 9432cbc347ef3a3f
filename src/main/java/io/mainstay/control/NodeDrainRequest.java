// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import java.time.Duration;
import java.util.Optional;

/**
 * Asks to make this node dispensable: its virtual routers are handed over, then the services on other addresses are drained.
 *
 * @param timeout how long connections may live on before they are reset; empty: the {@code drain_timeout} of each service
 * @param untilDone whether to answer only when no connection is left
 */
public record NodeDrainRequest(Optional<Duration> timeout, boolean untilDone) {}
