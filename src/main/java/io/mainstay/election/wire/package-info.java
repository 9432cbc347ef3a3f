// SPDX-License-Identifier: Apache-2.0
/**
 * VRRP octets to {@code Advertisement} and back: checksums, and one discard reason for each check of RFC 9568 §7.1.
 *
 * <p>Pure. May use {@code net}.
 */
@NullMarked
package io.mainstay.election.wire;

import org.jspecify.annotations.NullMarked;
