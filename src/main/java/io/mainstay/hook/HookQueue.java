// SPDX-License-Identifier: Apache-2.0
package io.mainstay.hook;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The calls that wait, in the order of the changes of state. When there are too many, because a hook hangs while the state goes
 * back and forth, the oldest call that a later one of the same virtual router outdates is left out: the last state of each is
 * always told. Used by one thread at a time.
 */
public final class HookQueue {

    private final int most;
    private final Deque<HookCall> waiting = new ArrayDeque<>();

    /** @param most how many calls may wait; at least one for each virtual router */
    public HookQueue(int most) {
        this.most = most;
    }

    /** Takes a call in, and gives the one that is left out for it. */
    public Optional<HookCall> add(HookCall call) {
        waiting.add(call);
        return waiting.size() > most ? leaveOut() : Optional.empty();
    }

    private Optional<HookCall> leaveOut() {
        Iterator<HookCall> oldestFirst = waiting.iterator();
        while (oldestFirst.hasNext()) {
            HookCall candidate = oldestFirst.next();
            boolean outdated = waiting.stream()
                    .dropWhile(each -> !each.equals(candidate))
                    .skip(1)
                    .anyMatch(later -> later.router().equals(candidate.router()));
            if (outdated) {
                oldestFirst.remove();
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }

    /** The next call, or null. */
    public @Nullable HookCall poll() {
        return waiting.poll();
    }
}
