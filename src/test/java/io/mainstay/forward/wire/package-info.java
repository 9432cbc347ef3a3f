// SPDX-License-Identifier: Apache-2.0
@NullMarked
package io.mainstay.forward.wire;

import org.jspecify.annotations.NullMarked;
