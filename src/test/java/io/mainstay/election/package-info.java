// SPDX-License-Identifier: Apache-2.0
/** Tests of the election. */
@NullMarked
package io.mainstay.election;

import org.jspecify.annotations.NullMarked;
