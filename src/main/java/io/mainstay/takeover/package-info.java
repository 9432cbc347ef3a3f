// SPDX-License-Identifier: Apache-2.0
/**
 * In which order a node gains and gives up its addresses and services, and what each failure undoes.
 *
 * <p>Pure. May use {@code net} and {@code time}.
 */
@NullMarked
package io.mainstay.takeover;

import org.jspecify.annotations.NullMarked;
