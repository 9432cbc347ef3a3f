// SPDX-License-Identifier: Apache-2.0
/**
 * Looks at what is tracked: interfaces, scripts, processes, files, services. One thread keeps the time and the results; looks
 * that may take long run on threads of their own.
 *
 * <p>May use {@code track}, {@code kernel}, {@code net} and {@code time}.
 */
@NullMarked
package io.mainstay.track.watch;

import org.jspecify.annotations.NullMarked;
