// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.KernelEvent;
import io.mainstay.kernel.KernelException;
import java.util.function.Consumer;

/**
 * An event descriptor by which other threads make the waiting one return (eventfd(2)). {@link #wake} may be called from every
 * thread, all else from the waiting one.
 */
final class WakeDescriptor implements PollSource, AutoCloseable {

    private final int descriptor;
    private final NativeBuffer counter = new NativeBuffer(Long.BYTES);
    private final NativeBuffer one = new NativeBuffer(Long.BYTES);
    private boolean closed;

    private WakeDescriptor(int descriptor) {
        this.descriptor = descriptor;
        one.putLong(0, 1);
    }

    static WakeDescriptor open() throws KernelException {
        return new WakeDescriptor(LinuxCalls.check(LinuxCalls.eventDescriptor(), "open event descriptor"));
    }

    /**
     * Once closed it does nothing; the lock sees to it that the number, which the kernel gives out again, is not written to
     * then. The one failure there can be, EAGAIN, says that the counter is full, so that the waiting thread wakes anyway.
     */
    synchronized void wake() {
        if (!closed) {
            LinuxCalls.write(descriptor, one);
        }
    }

    @Override
    public int descriptor() {
        return descriptor;
    }

    /** Sets the counter back; no event follows from it. Takes no lock, so that no thread that wakes can hold this one up. */
    @Override
    public void drain(int mostMessages, Consumer<KernelEvent> sink) {
        if (!closed) {
            LinuxCalls.read(descriptor, counter);
        }
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            LinuxCalls.close(descriptor);
        }
    }
}
