// SPDX-License-Identifier: Apache-2.0
/**
 * Why an address moved: turns the journal of a node into a story that a person understands.
 *
 * <p>Pure. May use {@code observe}, of which it takes the events.
 */
@NullMarked
package io.mainstay.explain;

import org.jspecify.annotations.NullMarked;
