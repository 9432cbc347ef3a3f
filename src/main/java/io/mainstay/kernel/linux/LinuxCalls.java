// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelException;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import jnr.ffi.types.size_t;
import org.jspecify.annotations.Nullable;

/**
 * The functions of the C library that Mainstay calls, with the results of the system calls beneath: not negative when they
 * succeed, the negated errno when they fail.
 *
 * <p>errno is read directly behind a call that returned -1 and at no other time, since a call that succeeds leaves an old
 * one standing. May be used from any thread; errno is kept per thread.
 */
final class LinuxCalls {

    /** Public only because the generated binding lives in another package; not for use outside this class. */
    public interface LibC {

        int socket(int domain, int type, int protocol);

        int setsockopt(int descriptor, int level, int name, Pointer value, int length);

        int bind(int descriptor, Pointer address, int length);

        long sendto(int descriptor, Pointer buffer, @size_t long length, int flags, Pointer address, int addressLength);

        long recv(int descriptor, Pointer buffer, @size_t long length, int flags);

        long recvmsg(int descriptor, Pointer message, int flags);

        int ppoll(Pointer pollDescriptors, long count, @Nullable Pointer timeout, @Nullable Pointer signalMask);

        int eventfd(int initialValue, int flags);

        long read(int descriptor, Pointer buffer, @size_t long length);

        long write(int descriptor, Pointer buffer, @size_t long length);

        int open(String path, int flags);

        int flock(int descriptor, int operation);

        int close(int descriptor);

        int sched_setscheduler(int thread, int policy, Pointer parameters);

        int setpriority(int which, int who, int nice);

        int mlockall(int flags);
    }

    private static final LibC LIBC = LibraryLoader.create(LibC.class).load("c");
    private static final Runtime RUNTIME = Runtime.getRuntime(LIBC);

    private LinuxCalls() {}

    static Runtime runtime() {
        return RUNTIME;
    }

    static int socket(int domain, int type, int protocol) {
        return orErrno(LIBC.socket(domain, type, protocol));
    }

    static int setOption(int descriptor, int level, int name, NativeBuffer value) {
        return orErrno(LIBC.setsockopt(descriptor, level, name, value.pointer(), value.capacity()));
    }

    static int bind(int descriptor, NativeBuffer address) {
        return orErrno(LIBC.bind(descriptor, address.pointer(), address.capacity()));
    }

    /** @param addressLength octets of the destination's socket address */
    static int send(int descriptor, NativeBuffer message, int length, NativeBuffer destination, int addressLength) {
        return orErrno(LIBC.sendto(descriptor, message.pointer(), length, 0, destination.pointer(), addressLength));
    }

    /** Receives one message; one that is too long for the buffer is cut, but its true length returned. */
    static int receive(int descriptor, NativeBuffer buffer) {
        return orErrno(LIBC.recv(descriptor, buffer.pointer(), buffer.capacity(), SocketConstants.MSG_TRUNC));
    }

    /** Receives one message by a {@code struct msghdr}; its true length, as with {@link #receive}. */
    static int receiveMessage(int descriptor, NativeBuffer header) {
        return orErrno(LIBC.recvmsg(descriptor, header.pointer(), SocketConstants.MSG_TRUNC));
    }

    /** @param timeout a timespec; null waits without end */
    static int poll(NativeBuffer pollDescriptors, int count, @Nullable NativeBuffer timeout) {
        return orErrno(LIBC.ppoll(pollDescriptors.pointer(), count, timeout == null ? null : timeout.pointer(), null));
    }

    static int eventDescriptor() {
        return orErrno(LIBC.eventfd(0, SocketConstants.EFD_NONBLOCK | SocketConstants.EFD_CLOEXEC));
    }

    static int read(int descriptor, NativeBuffer buffer) {
        return orErrno(LIBC.read(descriptor, buffer.pointer(), buffer.capacity()));
    }

    static int write(int descriptor, NativeBuffer buffer) {
        return orErrno(LIBC.write(descriptor, buffer.pointer(), buffer.capacity()));
    }

    /** Opens a file or directory that exists, to be read or locked. */
    static int open(String path) {
        return orErrno(LIBC.open(path, SocketConstants.O_CLOEXEC));
    }

    /** Locks what is open for this descriptor alone, until it is closed; does not wait (flock(2)). */
    static int lock(int descriptor) {
        return orErrno(LIBC.flock(descriptor, SocketConstants.LOCK_EX | SocketConstants.LOCK_NB));
    }

    /** The result is of no use: on Linux the descriptor is gone even when close fails (close(2), "Dealing with errors"). */
    static void close(int descriptor) {
        LIBC.close(descriptor);
    }

    /** @param thread its kernel number; 0: the calling thread */
    static int setScheduler(int thread, int policy, NativeBuffer parameters) {
        return orErrno(LIBC.sched_setscheduler(thread, policy, parameters.pointer()));
    }

    /** @param thread its kernel number, 0 for the calling thread: to Linux the nice value belongs to a thread, not to a process */
    static int setNice(int thread, int nice) {
        int prioProcess = 0;
        return orErrno(LIBC.setpriority(prioProcess, thread, nice));
    }

    static int lockMemory(int flags) {
        return orErrno(LIBC.mlockall(flags));
    }

    /**
     * Gives a result back, or throws if it is a failure.
     *
     * @param operation what was tried, with its object, for the exception's message
     */
    static int check(int result, String operation) throws KernelException {
        if (result < 0) {
            throw new KernelException(operation, -result);
        }
        return result;
    }

    static boolean failedWith(int result, Errno errno) {
        return result == -errno.number();
    }

    private static int orErrno(long result) {
        return result < 0 ? -RUNTIME.getLastError() : (int) result;
    }
}
