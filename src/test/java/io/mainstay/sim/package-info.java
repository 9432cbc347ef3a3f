// SPDX-License-Identifier: Apache-2.0
/**
 * A whole cluster in one thread: the election driver of the product on simulated hosts, clocks and network, all of it drawn
 * from one seed, and the invariants that have to hold after every event.
 */
@NullMarked
package io.mainstay.sim;

import org.jspecify.annotations.NullMarked;
