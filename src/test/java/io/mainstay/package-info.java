// SPDX-License-Identifier: Apache-2.0
/** Tests of the whole: the rules that hold between the rooms. */
@NullMarked
package io.mainstay;

import org.jspecify.annotations.NullMarked;
