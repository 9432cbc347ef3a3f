// SPDX-License-Identifier: Apache-2.0
/**
 * Carries the checks of {@code health} out: the sockets, the TLS and the programs below their dialogues, on Netty.
 *
 * <p>May use {@code health}, the ports of {@code kernel}, {@code net} and {@code time}.
 *
 * <p><b>Threads.</b> A prober belongs to one event loop, on which everything it is asked happens and every outcome is told. It
 * blocks for the first read of a file of certificates and for nothing else; programs are started and awaited elsewhere.
 */
@NullMarked
package io.mainstay.health.probe;

import org.jspecify.annotations.NullMarked;
