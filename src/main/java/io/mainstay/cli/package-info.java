// SPDX-License-Identifier: Apache-2.0
/**
 * The command line: one JVM a command, so whatever it does not load makes it faster.
 *
 * <p>May use {@code config}, {@code control} and {@code observe}.
 */
@NullMarked
package io.mainstay.cli;

import org.jspecify.annotations.NullMarked;
