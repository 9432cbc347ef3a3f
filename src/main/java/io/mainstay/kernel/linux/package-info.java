// SPDX-License-Identifier: Apache-2.0
/**
 * The ports of {@code kernel} on Linux: rtnetlink, raw and packet sockets, scheduling and memory locking.
 *
 * <p>The only user of {@code jnr} and of native code. May use {@code kernel}, {@code net} and {@code time}.
 */
@NullMarked
package io.mainstay.kernel.linux;

import org.jspecify.annotations.NullMarked;
