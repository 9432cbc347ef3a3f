// SPDX-License-Identifier: Apache-2.0
/**
 * The admin API, HTTP/1.1 and JSON over a unix socket: typed requests and responses, the server and the client.
 *
 * <p>May use {@code net}, {@code observe} and {@code config}. The server has one event loop and a virtual thread for each
 * request; the client blocks its caller and loads nothing but the JDK and Gson.
 */
@NullMarked
package io.mainstay.control;

import org.jspecify.annotations.NullMarked;
