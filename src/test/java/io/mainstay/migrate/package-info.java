// SPDX-License-Identifier: Apache-2.0
@NullMarked
package io.mainstay.migrate;

import org.jspecify.annotations.NullMarked;
