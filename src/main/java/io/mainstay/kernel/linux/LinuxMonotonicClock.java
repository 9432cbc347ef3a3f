// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.time.MonotonicClock;
import io.mainstay.time.MonotonicInstant;

/**
 * CLOCK_MONOTONIC, which never steps and by which ppoll(2) measures its timeout. {@link System#nanoTime} reads that very
 * clock on Linux, without a system call, so that nothing native is needed here. It stands still while the machine is
 * suspended.
 */
final class LinuxMonotonicClock implements MonotonicClock {

    @Override
    public MonotonicInstant now() {
        return new MonotonicInstant(System.nanoTime());
    }
}
