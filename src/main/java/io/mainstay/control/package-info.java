// SPDX-License-Identifier: Apache-2.0
/**
 * The admin API, HTTP/1.1 and JSON over a unix socket: typed requests and responses, the server and the client.
 *
 * <p>May use {@code net}, {@code observe} and {@code config}.
 */
@NullMarked
package io.mainstay.control;

import org.jspecify.annotations.NullMarked;
