// SPDX-License-Identifier: Apache-2.0
/**
 * What the guided start asks the machine: which interfaces and addresses it has, and who is heard on a segment. May use
 * {@code setup}, {@code kernel}, {@code kernel.linux}, {@code net} and {@code time}.
 */
@NullMarked
package io.mainstay.setup.machine;

import org.jspecify.annotations.NullMarked;
