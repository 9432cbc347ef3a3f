// SPDX-License-Identifier: Apache-2.0
@NullMarked
package io.mainstay.track;

import org.jspecify.annotations.NullMarked;
