// SPDX-License-Identifier: Apache-2.0
/**
 * Values of the network: addresses, MAC, VRID, priority, interface name, endpoints.
 *
 * <p>Pure: no I/O, no clock, no thread, no logger. Uses no other room. All types are immutable and may be shared
 * between threads. A constructor refuses a value outside its range with a message of the form
 * {@code what: value (expected: …)}.
 */
@NullMarked
package io.mainstay.net;

import org.jspecify.annotations.NullMarked;
