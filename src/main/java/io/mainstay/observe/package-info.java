// SPDX-License-Identifier: Apache-2.0
/**
 * What can be seen of a node: counters, the journal of events, the status snapshot.
 *
 * <p>May use {@code net} and {@code time}. The journal has a writer thread; appending to it never waits. Snapshots are
 * immutable.
 */
@NullMarked
package io.mainstay.observe;

import org.jspecify.annotations.NullMarked;
