// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

/**
 * A pipe of the kernel, through which octets pass from one socket to the other as the pages in which they arrived, without
 * being copied (splice(2)). Used by one worker's thread alone.
 */
class Pipe implements Backlog {

    private final int readEnd;
    private final int writeEnd;
    private final int capacity;
    private int held;

    /**
     * @param readEnd descriptor from which octets are taken out
     * @param writeEnd descriptor by which octets are put in
     * @param capacity how many octets it holds when each of its pages is full
     */
    Pipe(int readEnd, int writeEnd, int capacity) {
        this.readEnd = readEnd;
        this.writeEnd = writeEnd;
        this.capacity = capacity;
    }

    int readEnd() {
        return readEnd;
    }

    int writeEnd() {
        return writeEnd;
    }

    int capacity() {
        return capacity;
    }

    /** How many octets are in it. */
    int held() {
        return held;
    }

    /** So many octets were put in. */
    void filled(int count) {
        held += count;
    }

    /** So many octets were taken out. */
    void emptied(int count) {
        held -= count;
    }

    @Override
    public int writeTo(StreamSocket socket) {
        return socket.write(this) == StreamSocket.BROKEN ? StreamSocket.BROKEN : held;
    }

    @Override
    public void giveBackTo(Lane lane) {
        lane.pipes.giveBack(this);
    }
}
