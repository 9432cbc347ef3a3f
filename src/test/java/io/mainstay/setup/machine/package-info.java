// SPDX-License-Identifier: Apache-2.0
/** Tests of what the guided start asks the machine. */
@NullMarked
package io.mainstay.setup.machine;

import org.jspecify.annotations.NullMarked;
