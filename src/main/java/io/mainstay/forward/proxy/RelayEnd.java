// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import org.jspecify.annotations.Nullable;

/** One of the two sockets of a relayed connection, with what is known of it and what still has to be written to it. */
final class RelayEnd implements StreamSocket.Listener {

    /** A read of so many octets is a large one. */
    private static final int LARGE = BlockPool.BLOCK_SIZE / 2;

    /**
     * After so many large reads more than small ones there is likely more to come, and it goes through pipes. Not of those in succession:
     * where all that the socket held is read before the peer gets to fill it again, the last of every few reads is a small one.
     */
    private static final int LARGE_READS_OF_BULK = 4;

    private final Relay relay;
    private final Lane lane;
    private @Nullable StreamSocket socket;

    /** Octets may be waiting to be read. */
    private boolean readable;

    /**
     * An end, an error or octets behind an urgent one (RFC 6093) wait behind those that one read gives, so a short read is
     * not the last one.
     */
    private boolean stopsShort;

    /** An error or an urgent octet was told, which splice(2) does not get across: what comes is copied. */
    private boolean copiedForGood;

    /** How many more large reads than small ones there were lately, from 0 to {@link #LARGE_READS_OF_BULK}. */
    private int largeReads;

    /** Its peer has finished sending, and was not reset: what has arrived is the rest. */
    private boolean complete;

    private boolean atLastOctets;
    private boolean finished;
    private boolean broken;
    private boolean outputRefused;
    private boolean outputFinished;

    /** The last write was cut short, and room for more has not been told since. */
    private boolean full;

    /** What still has to be written to it; null if that is in the other end's socket, or nothing. */
    private @Nullable Backlog pending;

    /** See {@link #hasProgressed}. */
    private long acknowledged;

    RelayEnd(Relay relay, Lane lane) {
        this.relay = relay;
        this.lane = lane;
    }

    void attach(StreamSocket newSocket) {
        socket = newSocket;
    }

    @Override
    public void onReady(int readiness) {
        relay.onReady(this, readiness);
    }

    /** Remembers what the kernel told. */
    void note(int readiness) {
        if (finished) {
            // A RST behind the FIN shows as an error alone.
            broken |= Readiness.isError(readiness);
            return;
        }
        readable |= Readiness.mayRead(readiness);
        stopsShort |= Readiness.mayStopShort(readiness);
        copiedForGood |= Readiness.mayHideOctets(readiness);
        complete = Readiness.isComplete(readiness);
    }

    /** Why it was not connected; once. */
    String failure() {
        return socket().failure();
    }

    boolean isReadable() {
        return readable;
    }

    /** Whether its peer has finished sending and all of that has been read. */
    boolean isFinished() {
        return finished;
    }

    /** Whether the connection is gone, by a reset as a rule. */
    boolean isBroken() {
        return broken;
    }

    /** Whether what was read for it cannot be delivered any more. */
    boolean refusesOutput() {
        return outputRefused;
    }

    /** Whether it takes no octets for now. */
    boolean isFull() {
        return full;
    }

    /** Whether its peer's kernel has acknowledged more than when this was asked the last time. */
    boolean hasProgressed() {
        long before = acknowledged;
        acknowledged = socket().acknowledged();
        return acknowledged != before;
    }

    /** Whether nothing that was written to it can still be lost by a reset. */
    boolean isAllDelivered() {
        return outputRefused || socket().isAllDelivered();
    }

    /**
     * Reads octets and writes them to the other end, which is not full. What that does not take now stays pending there.
     *
     * @return how many the other end has got; 0 when there are none for now or ever, or when it takes none
     */
    int passTo(RelayEnd other) {
        Pipe pipe = largeReads == LARGE_READS_OF_BULK && !copiedForGood ? lane.pipes.scratch() : null;
        if (pipe != null) {
            int count = socket().read(pipe);
            if (count != StreamSocket.REFUSED) {
                return splicedTo(other, pipe, count);
            }
            lane.pipes.stop();
        }
        return lane.blocks.canLend() ? copyTo(other) : copyWithoutMemoryTo(other);
    }

    private int splicedTo(RelayEnd other, Pipe pipe, int count) {
        if (count <= 0) {
            end(count);
            return 0;
        }
        if (count < LARGE) {
            // All that there is, or all for which the pipe had pages: a copy can tell, and decides whether to go on.
            largeReads--;
        }
        other.write(pipe);
        return count;
    }

    private int copyTo(RelayEnd other) {
        int count = outcome(socket().read(lane.blocks.scratch()));
        if (count > 0) {
            largeReads = count >= LARGE ? Math.min(largeReads + 1, LARGE_READS_OF_BULK) : Math.max(largeReads - 1, 0);
            other.expectFinish(atLastOctets);
            other.write(count);
        }
        return count;
    }

    /** Without memory in which octets could wait for a slow reader they wait where they are. */
    private int copyWithoutMemoryTo(RelayEnd other) {
        int shown = outcome(socket().peek(lane.blocks.scratch()));
        if (shown == 0) {
            return 0;
        }
        other.expectFinish(atLastOctets);
        int taken = other.offer(shown);
        skip(taken, shown);
        return taken;
    }

    /** Drops so many of the octets that a peek has shown, since they have been written to the other end. */
    private void skip(int count, int shown) {
        readable |= count < shown;
        if (count > 0 && !socket().skip(count, lane.blocks.scratch())) {
            // What comes next in the stream is not known any more.
            readable = false;
            broken = true;
        }
    }

    private int outcome(int count) {
        if (count > 0) {
            boolean all = count < BlockPool.BLOCK_SIZE;
            readable = stopsShort || !all;
            atLastOctets = complete && all;
            return count;
        }
        end(count);
        return 0;
    }

    /** A read gave no octets. */
    private void end(int result) {
        readable = false;
        switch (result) {
            case StreamSocket.NOTHING -> {}
            case StreamSocket.FINISHED -> {
                // The write that was refused took the error away from the socket, which then reads as finished.
                finished = !outputRefused;
                broken = outputRefused;
            }
            default -> broken = true;
        }
    }

    /**
     * Writes a few octets of this node's own, before anything else. Whether they are written or pending; if not, there is no
     * memory in which they could wait.
     */
    boolean write(byte[] own) {
        lane.blocks.scratch().bytes().put(0, own);
        boolean canWait = lane.blocks.canLend();
        int taken = offer(own.length);
        if (full && canWait) {
            keep(taken, own.length);
        }
        return !full || canWait;
    }

    /** Writes the first octets of the scratch block. What the socket does not take now stays pending, in a block that is lent. */
    private void write(int count) {
        int taken = offer(count);
        if (full) {
            keep(taken, count);
        }
    }

    private void keep(int from, int to) {
        Block block = lane.blocks.lendScratch();
        block.keep(from, to);
        pending = block;
    }

    /** Writes what is in the scratch pipe. What the socket does not take now stays pending, in the pipe, which is lent. */
    private void write(Pipe scratch) {
        int left = scratch.writeTo(socket());
        if (left == 0) {
            return;
        }
        pending = lane.pipes.lendScratch();
        if (left == StreamSocket.BROKEN) {
            onOutputRefused();
        } else {
            full = true;
            socket().tellWritable();
        }
    }

    /** Writes as many of the first octets of the scratch block as the socket takes now; how many that were. */
    private int offer(int count) {
        int taken = socket().write(lane.blocks.scratch(), 0, count);
        if (taken == StreamSocket.BROKEN) {
            onOutputRefused();
            return 0;
        }
        if (taken < count) {
            full = true;
            socket().tellWritable();
        }
        return taken;
    }

    /** There is room again: writes what is pending. Whether there is room for more. */
    boolean flush() {
        int left = pending == null ? 0 : pending.writeTo(socket());
        if (left == StreamSocket.BROKEN) {
            onOutputRefused();
            return true;
        }
        if (left > 0) {
            socket().tellWritable();
            return false;
        }
        full = false;
        dropPending();
        return true;
    }

    private void onOutputRefused() {
        outputRefused = true;
        full = false;
        dropPending();
        if (finished) {
            broken = true;
        } else {
            // What it sent before it went away is still to be read.
            readable = true;
            stopsShort = true;
        }
    }

    /** The first octets for it, if there are any yet, have been written. */
    void acknowledgePromptly() {
        socket().acknowledgePromptly();
    }

    /** Whether what is written next is all that the other end has sent. */
    private void expectFinish(boolean atLast) {
        if (atLast) {
            socket().expectFinish();
        }
    }

    /** Passes the FIN of the other end on, once. */
    void finishOutput() {
        if (!outputFinished) {
            outputFinished = true;
            socket().finishOutput();
        }
    }

    void tellAgain() {
        socket().tellAgain();
    }

    /** Closes the socket, if there is one. */
    void close() {
        dropPending();
        if (socket != null) {
            socket.close();
        }
    }

    /** Resets the socket, if there is one. */
    void reset() {
        dropPending();
        if (socket != null) {
            socket.reset();
        }
    }

    private void dropPending() {
        if (pending != null) {
            pending.giveBackTo(lane);
            pending = null;
        }
    }

    private StreamSocket socket() {
        StreamSocket present = socket;
        if (present == null) {
            throw new AssertionError("used before it was attached");
        }
        return present;
    }
}
