// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The blocks of one worker. A connection holds one only while a peer does not take what was read for it; all others share
 * {@link #scratch}. A few free blocks are kept for the next stall, the rest goes back to the system. Used by the worker's
 * thread alone.
 */
final class BlockPool {

    /**
     * 64 KiB: what one read takes from a bulk transfer. A download of 100 MB took a quarter more processor time with 32 KiB,
     * and a tenth less with 128 KiB, which would also double what a stalled connection holds.
     */
    static final int BLOCK_SIZE = 64 * 1024;

    private static final int MAX_KEPT = 16;

    private final Budget budget;
    private final Deque<Block> kept = new ArrayDeque<>(MAX_KEPT);
    private Block scratch = new Block(BLOCK_SIZE);
    private int lent;

    /** Whether the next loan has been taken out of the budget: so a read costs no look at what all workers share. */
    private boolean loanGranted;

    /** @param budget for the blocks that connections hold, of all workers */
    BlockPool(Budget budget) {
        this.budget = budget;
    }

    /** Whether a connection may have a block. */
    boolean canLend() {
        if (!loanGranted) {
            loanGranted = budget.take();
        }
        return loanGranted;
    }

    /** The block into which the next read goes. */
    Block scratch() {
        return scratch;
    }

    /** Gives the scratch block away, with what was just read into it, and takes another one in its place. See {@link #canLend}. */
    Block lendScratch() {
        if (!canLend()) {
            throw new AssertionError("more blocks lent than there may be");
        }
        loanGranted = false;
        Block block = scratch;
        Block free = kept.pollFirst();
        scratch = free != null ? free : new Block(BLOCK_SIZE);
        lent++;
        return block;
    }

    /** Takes a lent block back. */
    void giveBack(Block block) {
        lent--;
        budget.giveBack();
        if (kept.size() < MAX_KEPT) {
            kept.addFirst(block);
        } else {
            block.free();
        }
    }

    /** Blocks that connections hold. */
    int lent() {
        return lent;
    }

    /** Frees everything but what is lent. The pool is not used afterwards. */
    void close() {
        kept.forEach(Block::free);
        kept.clear();
        scratch.free();
    }
}
