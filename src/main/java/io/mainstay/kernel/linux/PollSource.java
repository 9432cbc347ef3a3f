// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.KernelEvent;
import io.mainstay.kernel.KernelException;
import java.util.function.Consumer;

/** Something with a descriptor from which kernel events come. Used by one thread. */
interface PollSource {

    int descriptor();

    /** Whether it has something to hand out of which its descriptor does not tell. */
    default boolean isPending() {
        return false;
    }

    /**
     * Takes what is there, without waiting, and hands on the events that follow from it. Does nothing once closed, as it may
     * have been by the receiver of an event of this turn.
     *
     * @param mostMessages how many messages to take at most; the rest stays for the next turn
     */
    void drain(int mostMessages, Consumer<KernelEvent> sink) throws KernelException;
}
