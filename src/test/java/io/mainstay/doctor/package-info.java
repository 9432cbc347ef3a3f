// SPDX-License-Identifier: Apache-2.0
@NullMarked
package io.mainstay.doctor;

import org.jspecify.annotations.NullMarked;
