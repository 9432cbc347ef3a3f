// SPDX-License-Identifier: Apache-2.0
@NullMarked
package io.mainstay.hook;

import org.jspecify.annotations.NullMarked;
