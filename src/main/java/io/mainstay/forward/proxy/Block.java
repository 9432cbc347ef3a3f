// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.netty.channel.unix.Buffer;
import io.netty.util.internal.CleanableDirectBuffer;
import java.nio.ByteBuffer;

/**
 * Memory outside the heap through which octets pass from one socket to the other. Its address is looked up once, since
 * asking for it is a native call on Java 25.
 */
final class Block implements Backlog {

    private final CleanableDirectBuffer memory;
    private final ByteBuffer bytes;
    private final long address;

    /** The octets that wait in it while it is lent. */
    private int waitingFrom;

    private int waitingTo;

    Block(int capacity) {
        memory = Buffer.allocateDirectBufferWithNativeOrder(capacity);
        bytes = memory.buffer();
        address = Buffer.memoryAddress(bytes);
    }

    long address() {
        return address;
    }

    int capacity() {
        return bytes.capacity();
    }

    /** The same memory, for code that does not go through its address. Its position and limit mean nothing. */
    ByteBuffer bytes() {
        return bytes;
    }

    /** Its octets from {@code from} to before {@code to} are to wait. */
    void keep(int from, int to) {
        waitingFrom = from;
        waitingTo = to;
    }

    @Override
    public int writeTo(StreamSocket socket) {
        int taken = socket.write(this, waitingFrom, waitingTo);
        if (taken == StreamSocket.BROKEN) {
            return taken;
        }
        waitingFrom += taken;
        return waitingTo - waitingFrom;
    }

    @Override
    public void giveBackTo(Lane lane) {
        lane.blocks.giveBack(this);
    }

    void free() {
        memory.clean();
    }
}
