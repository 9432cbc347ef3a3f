// SPDX-License-Identifier: Apache-2.0
package io.mainstay.track.watch;

import io.mainstay.track.Observation;

/** One look at what is tracked. */
@FunctionalInterface
interface Look {

    Observation look();
}
