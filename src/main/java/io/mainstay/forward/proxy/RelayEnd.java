// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import org.jspecify.annotations.Nullable;

/** One of the two sockets of a relayed connection, with what is known of it and what still has to be written to it. */
final class RelayEnd implements StreamSocket.Listener {

    private final Relay relay;
    private final BlockPool blocks;
    private @Nullable StreamSocket socket;

    /** Octets may be waiting to be read. */
    private boolean readable;

    /**
     * An end, an error or octets behind an urgent one (RFC 6093) wait behind those that one read gives, so a short read is
     * not the last one.
     */
    private boolean stopsShort;

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
    private @Nullable Block pending;

    private int pendingFrom;
    private int pendingTo;

    /** See {@link #hasProgressed}. */
    private long acknowledged;

    RelayEnd(Relay relay, BlockPool blocks) {
        this.relay = relay;
        this.blocks = blocks;
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

    /** Whether the octets that were read last are the last before the FIN. */
    boolean isAtLastOctets() {
        return atLastOctets;
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

    /** Reads into the scratch block; the number of octets, 0 when there are none for now or ever. */
    int read() {
        return outcome(socket().read(blocks.scratch()));
    }

    /** As {@link #read}, but the octets stay where they are until {@link #skip}. */
    int peek() {
        return outcome(socket().peek(blocks.scratch()));
    }

    /** Drops so many of the octets that {@link #peek} has shown, since they have been written to the other end. */
    void skip(int count, int shown) {
        readable |= count < shown;
        if (count > 0 && !socket().skip(count, blocks.scratch())) {
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
        readable = false;
        switch (count) {
            case StreamSocket.NOTHING -> {}
            case StreamSocket.FINISHED -> {
                // The write that was refused took the error away from the socket, which then reads as finished.
                finished = !outputRefused;
                broken = outputRefused;
            }
            default -> broken = true;
        }
        return 0;
    }

    /**
     * Writes a few octets of this node's own, before anything else. Whether they are written or pending; if not, there is no
     * memory in which they could wait.
     */
    boolean write(byte[] own) {
        blocks.scratch().bytes().put(0, own);
        boolean canWait = blocks.canLend();
        int taken = offer(own.length);
        if (full && canWait) {
            keep(taken, own.length);
        }
        return !full || canWait;
    }

    /** Writes the first octets of the scratch block. What the socket does not take now stays pending, in a block that is lent. */
    void write(int count) {
        int taken = offer(count);
        if (full) {
            keep(taken, count);
        }
    }

    private void keep(int from, int to) {
        pending = blocks.lendScratch();
        pendingFrom = from;
        pendingTo = to;
    }

    /** Writes as many of the first octets of the scratch block as the socket takes now; how many that were. */
    int offer(int count) {
        int taken = socket().write(blocks.scratch(), 0, count);
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
        Block block = pending;
        if (block == null) {
            full = false;
            return true;
        }
        int taken = socket().write(block, pendingFrom, pendingTo);
        if (taken == StreamSocket.BROKEN) {
            onOutputRefused();
            return true;
        }
        pendingFrom += taken;
        if (pendingFrom < pendingTo) {
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

    /** What is written next is all that the other end has sent. */
    void expectFinish() {
        socket().expectFinish();
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
            blocks.giveBack(pending);
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
