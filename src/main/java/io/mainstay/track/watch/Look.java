// SPDX-License-Identifier: Apache-2.0
package io.mainstay.track.watch;

import io.mainstay.kernel.KernelEvent;
import io.mainstay.track.Observation;

/** Looks at what is tracked. Used by one thread at a time. */
@FunctionalInterface
interface Look {

    /** One look, at its time. */
    Observation look();

    /** One look besides, because something happened to what is tracked. */
    default Observation lookAgain() {
        return look();
    }

    /** Whether something happened to what is tracked. */
    default boolean concerns(KernelEvent event) {
        return false;
    }

    /** It is not tracked any more. */
    default void close() {}
}
