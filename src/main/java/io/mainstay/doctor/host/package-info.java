// SPDX-License-Identifier: Apache-2.0
/**
 * The host that the checks of {@code doctor} look at: this one, by proc, sysfs, programs, and sockets.
 *
 * <p>May use {@code doctor}, {@code config}, {@code kernel}, {@code kernel.linux}, {@code net}, {@code observe} and
 * {@code time}.
 */
@NullMarked
package io.mainstay.doctor.host;

import org.jspecify.annotations.NullMarked;
