// SPDX-License-Identifier: Apache-2.0
/**
 * The composition root: threads, drivers, signals, lifecycle. May use every room but {@code cli}.
 */
@NullMarked
package io.mainstay.node;

import org.jspecify.annotations.NullMarked;
