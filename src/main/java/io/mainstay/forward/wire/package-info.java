// SPDX-License-Identifier: Apache-2.0
/**
 * What stands at the beginning of a connection and says where it comes from or where it wants to go, as octets.
 *
 * <p>Pure. May use {@code net}.
 */
@NullMarked
package io.mainstay.forward.wire;

import org.jspecify.annotations.NullMarked;
