// SPDX-License-Identifier: Apache-2.0
/**
 * The ports of {@code kernel} on Linux: rtnetlink, raw and packet sockets, scheduling and memory locking.
 *
 * <p>The only user of {@code jnr} and of native code. May use {@code kernel}, {@code net} and {@code time}. The virtual machine
 * has to run with {@code --enable-native-access=ALL-UNNAMED}. All of it belongs to the thread that opened it, unless a type
 * says otherwise. Its tests against the kernel bear the tag {@code native}.
 */
@NullMarked
package io.mainstay.kernel.linux;

import org.jspecify.annotations.NullMarked;
