// SPDX-License-Identifier: Apache-2.0
/** Tests of the composition root and its drivers. */
@NullMarked
package io.mainstay.node;

import org.jspecify.annotations.NullMarked;
