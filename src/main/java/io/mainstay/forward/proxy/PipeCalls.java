// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.netty.channel.unix.Errors;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** pipe2(2), F_SETPIPE_SZ of fcntl(2), and splice(2), which Netty keeps to its channels. Used by one thread alone. */
final class PipeCalls implements PipeSource {

    /**
     * What a pipe is asked to hold: 64 pages. 192 of these stay below {@code fs.pipe-user-pages-soft}, beyond which the kernel
     * grants an unprivileged user two pages each (pipe(7)).
     */
    static final int WANTED_CAPACITY = 256 * 1024;

    private static final int O_NONBLOCK = 0x800;
    private static final int O_CLOEXEC = 0x80000;
    private static final int F_SETPIPE_SZ = 1031;
    private static final int F_GETPIPE_SZ = 1032;
    private static final int SPLICE_F_MOVE = 1;
    private static final int SPLICE_F_NONBLOCK = 2;

    private static final int EPERM = 1;
    private static final int EINTR = 4;
    private static final int EAGAIN = 11;
    private static final int ENOMEM = 12;
    private static final int EINVAL = 22;
    private static final int ENOSYS = 38;
    private static final int EOPNOTSUPP = 95;

    private static final MethodHandle PIPE2 =
            SystemCall.handle("pipe2", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle FCNTL = SystemCall.handle(
            "fcntl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle CLOSE = SystemCall.handle("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle SPLICE = SystemCall.handle(
            "splice", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));

    private final Arena memory = Arena.ofAuto();
    private final MemorySegment state = memory.allocate(SystemCall.STATE);
    private final MemorySegment ends = memory.allocate(JAVA_INT, 2);

    /**
     * Looks whether this process may call splice(2), which a filter of system calls may forbid: found out in the middle of a
     * stream, it could not be told from an error of the socket.
     *
     * @throws IOException if it may not
     */
    void requireSplice() throws IOException {
        Pipe from = open();
        try {
            Pipe to = open();
            try {
                int result = splice(from.readEnd(), to.writeEnd(), 1);
                if (result != -EAGAIN) {
                    throw Errors.newIOException("splice", result);
                }
            } finally {
                close(to);
            }
        } finally {
            close(from);
        }
    }

    @Override
    public Pipe open() throws IOException {
        if (pipe2() < 0) {
            throw Errors.newIOException("pipe2", -SystemCall.errno(state));
        }
        int readEnd = ends.getAtIndex(JAVA_INT, 0);
        int writeEnd = ends.getAtIndex(JAVA_INT, 1);
        // Refused beyond the limits of the user; then it has what the kernel has made it with.
        int refusal = fcntl(writeEnd, F_SETPIPE_SZ, WANTED_CAPACITY) < 0 ? -SystemCall.errno(state) : 0;
        Pipe pipe = new Pipe(readEnd, writeEnd, fcntl(writeEnd, F_GETPIPE_SZ, 0));
        if (pipe.capacity() < BlockPool.BLOCK_SIZE) {
            close(pipe);
            throw Errors.newIOException("F_SETPIPE_SZ", refusal);
        }
        return pipe;
    }

    @Override
    public void close(Pipe pipe) {
        close(pipe.readEnd());
        close(pipe.writeEnd());
    }

    /** Puts what a socket has into a pipe that is empty; results as those of {@link StreamSocket#read(Pipe)}. */
    int fill(int socket, Pipe pipe) {
        int count = splice(socket, pipe.writeEnd(), pipe.capacity());
        if (count > 0) {
            pipe.filled(count);
            return count;
        }
        return switch (-count) {
            case 0 -> StreamSocket.FINISHED;
            // The pipe is empty, so it is the socket that has nothing.
            case EAGAIN -> StreamSocket.NOTHING;
            case EPERM, ENOMEM, EINVAL, ENOSYS, EOPNOTSUPP -> StreamSocket.REFUSED;
            default -> StreamSocket.BROKEN;
        };
    }

    /** Writes what is in a pipe to a socket; results as those of {@link StreamSocket#write(Pipe)}. */
    int empty(Pipe pipe, int socket) {
        int count = splice(pipe.readEnd(), socket, pipe.held());
        if (count > 0) {
            pipe.emptied(count);
            return count;
        }
        return count == -EAGAIN ? 0 : StreamSocket.BROKEN;
    }

    /** How many octets were moved, or the negated errno. */
    private int splice(int from, int to, int most) {
        try {
            long count;
            do {
                count = (long)
                        SPLICE.invokeExact(state, from, 0L, to, 0L, (long) most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
            } while (count < 0 && SystemCall.errno(state) == EINTR);
            return count < 0 ? -SystemCall.errno(state) : (int) count;
        } catch (Throwable defect) {
            throw new AssertionError("splice throws nothing", defect);
        }
    }

    private int pipe2() {
        try {
            return (int) PIPE2.invokeExact(state, ends, O_NONBLOCK | O_CLOEXEC);
        } catch (Throwable defect) {
            throw new AssertionError("pipe2 throws nothing", defect);
        }
    }

    private int fcntl(int descriptor, int command, int argument) {
        try {
            return (int) FCNTL.invokeExact(state, descriptor, command, argument);
        } catch (Throwable defect) {
            throw new AssertionError("fcntl throws nothing", defect);
        }
    }

    private void close(int descriptor) {
        try {
            int unused = (int) CLOSE.invokeExact(state, descriptor);
        } catch (Throwable defect) {
            throw new AssertionError("close throws nothing", defect);
        }
    }
}
