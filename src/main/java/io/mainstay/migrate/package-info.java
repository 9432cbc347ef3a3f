// SPDX-License-Identifier: Apache-2.0
/**
 * The way from keepalived: its configuration as a mainstay.yaml, and what could not be taken over.
 *
 * <p>Pure: files come in as text. May use {@code net} and {@code config}, by which it judges what it has written.
 */
@NullMarked
package io.mainstay.migrate;

import org.jspecify.annotations.NullMarked;
