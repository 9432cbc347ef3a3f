// SPDX-License-Identifier: Apache-2.0
/**
 * What Mainstay wants from the operating system, as ports: addresses, announcements, advertisements, link events.
 *
 * <p>May use {@code net} and {@code time}. Implemented by {@code kernel.linux}, and by simulated forms in the tests.
 */
@NullMarked
package io.mainstay.kernel;

import org.jspecify.annotations.NullMarked;
