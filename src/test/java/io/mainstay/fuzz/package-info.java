// SPDX-License-Identifier: Apache-2.0
/**
 * What reads input that others made, against any input whatever: targets for Jazzer ({@code ./dev fuzz}), and the inputs below
 * {@code src/test/fuzz} that it kept, which every build replays.
 */
@NullMarked
package io.mainstay.fuzz;

import org.jspecify.annotations.NullMarked;
