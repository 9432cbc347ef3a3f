// SPDX-License-Identifier: Apache-2.0
/**
 * The guided start: answers of an administrator, judged one by one → the configurations of both nodes of a pair; and which
 * virtual router number is free, told by what was heard on the segment.
 *
 * <p>Pure: what the machine has and what was heard come in as values. May use {@code net}, {@code election.wire}, by which it
 * reads advertisements, and {@code config}, in whose words it writes.
 */
@NullMarked
package io.mainstay.setup;

import org.jspecify.annotations.NullMarked;
