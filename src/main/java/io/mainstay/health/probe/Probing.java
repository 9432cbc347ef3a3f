// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health.probe;

/** A check under way. */
public interface Probing {

    /** Drops it: nothing of it is left, and no outcome is told. On the thread of the prober. */
    void cancel();
}
