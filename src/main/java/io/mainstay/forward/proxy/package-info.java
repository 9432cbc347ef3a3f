// SPDX-License-Identifier: Apache-2.0
/**
 * The proxy engine: a TCP relay and active health checks on Netty.
 *
 * <p>Together with {@code control} the only user of {@code io.netty}. May use {@code forward}, {@code health}, {@code net}
 * and {@code time}.
 */
@NullMarked
package io.mainstay.forward.proxy;

import org.jspecify.annotations.NullMarked;
