// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many connections and sessions of clients the whole engine has, and how many it may have: one more than the node can bear
 * would cost those that are there. Any thread.
 */
final class Load {

    private final int most;
    private final AtomicInteger live = new AtomicInteger();

    Load(int most) {
        this.most = most;
    }

    /** Counts one more, if there may be one. */
    boolean enter() {
        if (live.incrementAndGet() <= most) {
            return true;
        }
        live.decrementAndGet();
        return false;
    }

    /** Counts one out that was counted. */
    void leave() {
        live.decrementAndGet();
    }

    int live() {
        return live.get();
    }
}
