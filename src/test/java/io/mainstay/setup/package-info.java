// SPDX-License-Identifier: Apache-2.0
/** Tests of the guided start. */
@NullMarked
package io.mainstay.setup;

import org.jspecify.annotations.NullMarked;
