// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import java.util.concurrent.atomic.AtomicInteger;

/** How many blocks the connections of all workers may hold together. Any thread. */
final class BlockBudget {

    private final AtomicInteger left;

    BlockBudget(int blocks) {
        left = new AtomicInteger(blocks);
    }

    /** Takes one out, if there is one. */
    boolean take() {
        // Looked at first, so that workers do not fight over nothing.
        if (left.get() <= 0) {
            return false;
        }
        if (left.decrementAndGet() >= 0) {
            return true;
        }
        left.incrementAndGet();
        return false;
    }

    /** Puts one back that was taken. */
    void giveBack() {
        left.incrementAndGet();
    }
}
