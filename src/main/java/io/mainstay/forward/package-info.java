// SPDX-License-Identifier: Apache-2.0
/**
 * Services and backends as a model: who may be chosen, how, and how a backend is drained.
 *
 * <p>Pure. May use {@code net}, {@code time} and {@code forward.wire}.
 */
@NullMarked
package io.mainstay.forward;

import org.jspecify.annotations.NullMarked;
