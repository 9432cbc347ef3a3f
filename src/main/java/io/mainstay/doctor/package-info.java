// SPDX-License-Identifier: Apache-2.0
/**
 * What may be wrong with a host on which Mainstay runs or is to run: checks over facts that come in by a port.
 *
 * <p>Pure. May use {@code net}, {@code time}, {@code election}, {@code election.wire}, {@code kernel} (its values), {@code config},
 * {@code observe}, and gson for what nft(8) prints.
 */
@NullMarked
package io.mainstay.doctor;

import org.jspecify.annotations.NullMarked;
