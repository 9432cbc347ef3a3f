// SPDX-License-Identifier: Apache-2.0
/** Tests of the room of this name. */
@NullMarked
package io.mainstay.health.probe;

import org.jspecify.annotations.NullMarked;
