// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;

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

    private static final Path OWN_THREADS = Path.of("/proc/self/task");

    /**
     * The kernel's names, cut to 15 characters, of HotSpot's own threads for which all others wait at a safepoint: the VM
     * thread, which also collects with the serial collector.
     */
    private static final Pattern AWAITED = Pattern.compile("VM Thread|GC Thread.*");

    private ThreadScheduling() {}

    /**
     * Puts the calling thread, which must be a platform thread, before all ordinary ones (SCHED_FIFO of sched(7)).
     *
     * @param priority 1 to 99
     * @return why not, or empty if done
     */
    public static Optional<String> useRealTime(int priority) {
        return useRealTime(0, priority);
    }

    /**
     * Puts those threads of the virtual machine before all ordinary ones for which all others wait. As ordinary threads of a
     * busy machine they would be put off for many times what they need, and a thread of whatever priority with them.
     *
     * <p>Not the compilers, which have work for hundreds of milliseconds when much becomes hot at once. In real time they keep
     * ordinary threads from running, also one that holds a lock for which a thread of whatever priority waits, such as that of
     * the compilers' own queue.
     *
     * @param priority 1 to 99
     * @return why not, or empty if done
     */
    public static Optional<String> useRealTimeForVirtualMachine(int priority) {
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(OWN_THREADS)) {
            for (Path thread : threads) {
                if (AWAITED.matcher(nameOf(thread)).matches()) {
                    Optional<String> refusal =
                            useRealTime(Integer.parseInt(thread.getFileName().toString()), priority);
                    if (refusal.isPresent()) {
                        return refusal;
                    }
                }
            }
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of("list " + OWN_THREADS + ": " + e.getMessage());
        }
    }

    /**
     * Gives the threads of the process, and those that they create, a larger share of a busy machine than other processes
     * have (nice value of sched(7)), all of them the same: a thread in real time may wait for a lock that any of them holds.
     *
     * @param nice -20 to 19; below 0 takes CAP_SYS_NICE
     * @return why not, or empty if done
     */
    public static Optional<String> favour(int nice) {
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(OWN_THREADS)) {
            for (Path thread : threads) {
                int result =
                        LinuxCalls.setNice(Integer.parseInt(thread.getFileName().toString()), nice);
                // A thread may have ended meanwhile.
                if (result < 0 && !LinuxCalls.failedWith(result, Errno.ESRCH)) {
                    return refusal(result, niceValue(nice));
                }
            }
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of("list " + OWN_THREADS + ": " + e.getMessage());
        }
    }

    /**
     * Gives the calling thread, which must be a platform thread, this share of a busy machine, and those that it creates.
     *
     * @param nice -20 to 19; less than the thread has takes CAP_SYS_NICE
     * @return why not, or empty if done
     */
    public static Optional<String> share(int nice) {
        return refusal(LinuxCalls.setNice(0, nice), niceValue(nice));
    }

    private static String niceValue(int nice) {
        return "nice value " + nice + " (needs CAP_SYS_NICE)";
    }

    /** Empty if the thread has ended meanwhile. */
    private static String nameOf(Path thread) {
        try {
            return Files.readString(thread.resolve("comm")).strip();
        } catch (IOException e) {
            return "";
        }
    }

    private static Optional<String> useRealTime(int thread, int priority) {
        NativeBuffer parameters = new NativeBuffer(Integer.BYTES);
        parameters.putInt(0, priority);
        return refusal(
                LinuxCalls.setScheduler(thread, SCHED_FIFO | SCHED_RESET_ON_FORK, parameters),
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
