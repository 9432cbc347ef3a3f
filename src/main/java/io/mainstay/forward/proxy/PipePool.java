// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pipes of one worker, for connections that move large amounts. As with the blocks of {@link BlockPool}, a connection holds
 * one only while a peer does not take what was read for it; all others pass their octets through {@link #scratch} in turn. Where
 * there is no pipe, octets are copied. Used by the worker's thread alone.
 */
final class PipePool {

    private static final Logger LOG = LoggerFactory.getLogger(PipePool.class);

    /** What an unprivileged user is granted in full, see {@link PipeCalls#WANTED_CAPACITY}. */
    private static final int MOST_PIPES = 192;

    /** A connection has two descriptors as well, and a sixteenth of all is kept in reserve: so pipes take half of that. */
    private static final int CONNECTIONS_FOR_A_PIPE = 32;

    /** Free ones that stay open for the next. */
    private static final int MAX_KEPT = 8;

    /** How often the next octets are copied after a pipe could not be opened, before another attempt. */
    static final int COPIES_AFTER_FAILURE = 1024;

    private final PipeSource source;
    private final Budget budget;
    private final Deque<Pipe> kept = new ArrayDeque<>(MAX_KEPT);
    private int lent;
    private int copiesUntilNextAttempt;
    private boolean failureTold;
    private boolean stopped;

    /**
     * How many pipes all workers may have.
     *
     * @param mostConnections how many connections the node may have, which depends on its descriptors
     */
    static Budget budget(int mostConnections) {
        try {
            new PipeCalls().requireSplice();
            return new Budget(Math.min(MOST_PIPES, mostConnections / CONNECTIONS_FOR_A_PIPE));
        } catch (IOException refused) {
            LOG.info("large transfers are copied: {}", refused.getMessage());
            return new Budget(0);
        }
    }

    /** @param budget for the pipes of all workers */
    PipePool(PipeSource source, Budget budget) {
        this.source = source;
        this.budget = budget;
    }

    /** An empty pipe for the next octets, which stays here until it is lent; null: they are to be copied. */
    @Nullable
    Pipe scratch() {
        Pipe first = kept.peekFirst();
        return first != null ? first : openOne();
    }

    private @Nullable Pipe openOne() {
        if (stopped) {
            return null;
        }
        if (copiesUntilNextAttempt > 0) {
            copiesUntilNextAttempt--;
            return null;
        }
        if (!budget.take()) {
            return null;
        }
        try {
            Pipe opened = source.open();
            kept.addFirst(opened);
            return opened;
        } catch (IOException shortage) {
            budget.giveBack();
            copiesUntilNextAttempt = COPIES_AFTER_FAILURE;
            if (!failureTold) {
                failureTold = true;
                LOG.info("no pipe for large transfers, which are copied for now: {}", shortage.getMessage());
            }
            return null;
        }
    }

    /** Gives the scratch pipe away with what is in it. */
    Pipe lendScratch() {
        lent++;
        return kept.removeFirst();
    }

    /** Takes a lent pipe back. */
    void giveBack(Pipe pipe) {
        lent--;
        if (pipe.held() == 0 && kept.size() < MAX_KEPT && !stopped) {
            kept.addFirst(pipe);
        } else {
            discard(pipe);
        }
    }

    private void discard(Pipe pipe) {
        source.close(pipe);
        budget.giveBack();
    }

    /** The kernel does not splice these sockets: everything is copied from now on. */
    void stop() {
        if (budget.withdraw()) {
            LOG.warn("the kernel refuses splice(2) between sockets; large transfers are copied from now on");
        }
        close();
    }

    /** Pipes that connections hold. */
    int lent() {
        return lent;
    }

    /** Pipes that are open, be they lent or not. */
    int open() {
        return lent + kept.size();
    }

    /** Closes everything but what is lent, which is closed as it comes back. */
    void close() {
        stopped = true;
        kept.forEach(this::discard);
        kept.clear();
    }
}
