// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.KernelException;
import java.util.Optional;

/**
 * Asks the kernel for the conditions under which a thread keeps its deadlines. Each wish may be refused, by missing
 * privileges or by the cgroup, and the node works without: so a refusal is a reason to log, not an exception.
 */
public final class ThreadScheduling {

    private static final int SCHED_FIFO = 1;

    /** Threads that the thread creates are ordinary ones again (sched(7)). */
    private static final int SCHED_RESET_ON_FORK = 0x4000_0000;

    private static final int MCL_CURRENT = 1;
    private static final int MCL_FUTURE = 2;

    /** Pages are locked when they are first touched, so that reserved memory does not become resident (mlock(2)). */
    private static final int MCL_ONFAULT = 4;

    private ThreadScheduling() {}

    /**
     * Puts the calling thread, which must be a platform thread, before all ordinary ones (SCHED_FIFO of sched(7)).
     *
     * @param priority 1 to 99
     * @return why not, or empty if done
     */
    public static Optional<String> useRealTime(int priority) {
        NativeBuffer parameters = new NativeBuffer(Integer.BYTES);
        parameters.putInt(0, priority);
        return refusal(
                LinuxCalls.setScheduler(SCHED_FIFO | SCHED_RESET_ON_FORK, parameters),
                "real-time scheduling with priority " + priority + " (needs CAP_SYS_NICE)");
    }

    /**
     * Keeps the memory of the whole process from being paged out (mlockall of mlock(2)).
     *
     * @return why not, or empty if done
     */
    public static Optional<String> lockMemory() {
        return refusal(
                LinuxCalls.lockMemory(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT), "lock memory (needs CAP_IPC_LOCK)");
    }

    private static Optional<String> refusal(int result, String operation) {
        return result < 0
                ? Optional.ofNullable(new KernelException(operation, -result).getMessage())
                : Optional.empty();
    }
}
