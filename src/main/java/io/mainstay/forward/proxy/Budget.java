// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import java.util.concurrent.atomic.AtomicInteger;

/** How many of a thing, blocks or pipes, all workers may hold together. Any thread. */
final class Budget {

    /** So far below zero that nothing which is put back leads out of it. */
    private static final int WITHDRAWN = Integer.MIN_VALUE / 2;

    private final AtomicInteger left;

    Budget(int things) {
        left = new AtomicInteger(things);
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

    /** Nothing can be taken out any more. Whether that was otherwise before. */
    boolean withdraw() {
        return left.getAndSet(WITHDRAWN) > WITHDRAWN / 2;
    }
}
