// SPDX-License-Identifier: Apache-2.0
/**
 * What is tracked for a virtual router, and what its results come to: debounced, weighed, added up to the effective priority.
 *
 * <p>Pure. May use {@code net}, {@code time} and {@code health}.
 */
@NullMarked
package io.mainstay.track;

import org.jspecify.annotations.NullMarked;
