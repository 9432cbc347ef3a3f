// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** How many connections of clients this process can bear, by its descriptors and its memory. */
final class ConnectionBudget {

    private static final Path LIMITS = Path.of("/proc/self/limits");
    private static final String DESCRIPTORS = "Max open files";

    /** Towards the client and towards the backend. */
    private static final int DESCRIPTORS_EACH = 2;

    /** For listeners, checks, the journal, the kernel and the command line; a sixteenth of all, but so many at least. */
    private static final long LEAST_RESERVE = 256;

    /** Of the heap; four times what an idle one was measured to take. */
    private static final long BYTES_EACH = 2048;

    private ConnectionBudget() {}

    /** @param configured what the operator wants; 0: nothing in particular */
    static int most(int configured) {
        int bearable = bearable(descriptors(), Runtime.getRuntime().maxMemory());
        return configured == 0 ? bearable : Math.min(configured, bearable);
    }

    static int bearable(long descriptors, long heapBytes) {
        long reserve = Math.max(LEAST_RESERVE, descriptors / 16);
        long byDescriptors = Math.max(1, (descriptors - reserve) / DESCRIPTORS_EACH);
        return (int) Math.min(Integer.MAX_VALUE, Math.min(byDescriptors, heapBytes / BYTES_EACH));
    }

    private static long descriptors() {
        try {
            return descriptors(Files.readAllLines(LIMITS));
        } catch (IOException unreadable) {
            return Long.MAX_VALUE;
        }
    }

    /** The soft limit, which the virtual machine has raised to the hard one; as proc_pid_limits(5) has it. */
    static long descriptors(List<String> limits) {
        for (String line : limits) {
            if (line.startsWith(DESCRIPTORS)) {
                String soft = line.substring(DESCRIPTORS.length()).strip().split(" ", 2)[0];
                return soft.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(soft);
            }
        }
        return Long.MAX_VALUE;
    }
}
