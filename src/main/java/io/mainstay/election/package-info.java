// SPDX-License-Identifier: Apache-2.0
/**
 * Who holds the virtual addresses: the states, events, actions and timers of RFC 9568 §6.
 *
 * <p>Pure: no I/O, no clock, no thread, no logger, no randomness. May use {@code net}, {@code time} and
 * {@code election.wire}.
 */
@NullMarked
package io.mainstay.election;

import org.jspecify.annotations.NullMarked;
