// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import io.mainstay.control.BackendChangeRequest.Change;
import java.time.Duration;
import java.util.Optional;

/**
 * Asks to change what all backends of a service are given, whatever was asked for one of them.
 *
 * @param service name of the service
 * @param change what to do
 * @param timeout how long connections may live on before they are reset; empty: the service's {@code drain_timeout}. Without
 *     meaning for {@link Change#READY}
 * @param untilDone whether to answer only when no connection is left
 */
public record ServiceChangeRequest(String service, Change change, Optional<Duration> timeout, boolean untilDone) {}
