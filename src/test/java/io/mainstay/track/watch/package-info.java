// SPDX-License-Identifier: Apache-2.0
@NullMarked
package io.mainstay.track.watch;

import org.jspecify.annotations.NullMarked;
