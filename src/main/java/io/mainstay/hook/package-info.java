// SPDX-License-Identifier: Apache-2.0
/**
 * Which of the operator's programs run when a virtual router changes its state, and in which order.
 *
 * <p>Pure. May use no other room.
 */
@NullMarked
package io.mainstay.hook;

import org.jspecify.annotations.NullMarked;
