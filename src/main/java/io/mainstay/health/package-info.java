// SPDX-License-Identifier: Apache-2.0
/**
 * When a backend counts as healthy: rise and fall of check results.
 *
 * <p>Pure. May use {@code net} and {@code time}.
 */
@NullMarked
package io.mainstay.health;

import org.jspecify.annotations.NullMarked;
