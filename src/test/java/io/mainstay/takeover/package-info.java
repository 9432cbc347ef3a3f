// SPDX-License-Identifier: Apache-2.0
/** Tests of gaining and giving up addresses. */
@NullMarked
package io.mainstay.takeover;

import org.jspecify.annotations.NullMarked;
