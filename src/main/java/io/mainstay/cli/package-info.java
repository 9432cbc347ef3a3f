// SPDX-License-Identifier: Apache-2.0
/**
 * The command line. May use {@code config}, {@code control} and {@code observe}.
 */
@NullMarked
package io.mainstay.cli;

import org.jspecify.annotations.NullMarked;
