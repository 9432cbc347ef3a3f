// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

/**
 * A connected, or connecting, TCP socket that never blocks, as the relay needs it. Used by one worker's thread alone.
 *
 * <p>Readiness is told once for each change ({@code EPOLLET}), not for as long as it lasts: who stops before {@link #read}
 * gave {@link #NOTHING} or fewer octets than there was room for has to remember that there may be more, or to call
 * {@link #tellAgain}.
 */
interface StreamSocket {

    /** Result of a read: no octets now. */
    int NOTHING = 0;

    /** Result of a read: the peer has finished sending. */
    int FINISHED = -1;

    /** Result of a read or write: the connection is broken, as a rule reset by the peer. */
    int BROKEN = -2;

    /** Result of a read into a pipe: the kernel does not do that with this socket. Nothing was read. */
    int REFUSED = -3;

    /** Why the connection was not made, after an error was told; takes the error away. For people. */
    String failure();

    /** Reads into the block from its start; the number of octets, or one of the three results above. */
    int read(Block into);

    /** As {@link #read}, but leaves the octets where they are. */
    int peek(Block into);

    /** Reads so many octets that were seen by {@link #peek}, for nobody. Whether that was possible. */
    boolean skip(int count, Block into);

    /**
     * Moves what is there into an empty pipe, as much as fits: a pipe may be full of a few octets in many pieces, so however
     * few they are, there may be more. Stops at an urgent octet for good.
     *
     * @return the number of octets, one of the results above, or {@link #REFUSED}
     */
    int read(Pipe into);

    /** Writes the octets of the pipe, which stay there as far as they are not taken; how many were, or {@link #BROKEN}. */
    int write(Pipe from);

    /** Tells readiness to another listener from now on. */
    void setListener(Listener newListener);

    /** Writes the octets of the block from {@code from} to before {@code to}; how many were taken, or {@link #BROKEN}. */
    int write(Block block, int from, int to);

    /**
     * Tells that what is written from now on is the last before {@link #finishOutput} or {@link #close}, which comes at
     * once: so the FIN can go in the packet of the last octets.
     */
    void expectFinish();

    /**
     * From now on what arrives is acknowledged as promptly as on any new connection, the handshake included. A socket that
     * was opened here waits with that, so that its first octets can tell.
     */
    void acknowledgePromptly();

    /** Tells the peer that nothing more will be sent. A peer that is gone already will show on the next read. */
    void finishOutput();

    /** Tells when there is room again. To be asked for after each write that was cut short. */
    void tellWritable();

    /** Tells the present readiness once more, after the other sockets had their turn. */
    void tellAgain();

    /** Whether the peer's kernel has acknowledged all that was written. */
    boolean isAllDelivered();

    /** How many octets the peer's kernel has acknowledged so far. */
    long acknowledged();

    /** Closes with a FIN behind what was written. */
    void close();

    /** Closes with a RST; what the peer has not got yet is lost. */
    void reset();

    /** Is told about readiness by the thread of the worker. */
    interface Listener {

        /**
         * The socket has become ready for something.
         *
         * @param readiness the bits of {@link Readiness} that are set
         */
        void onReady(int readiness);
    }
}
