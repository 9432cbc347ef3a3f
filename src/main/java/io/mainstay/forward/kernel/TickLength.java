// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import io.mainstay.kernel.FlowProgram;
import io.mainstay.kernel.FlowProgram.Clock;
import io.mainstay.kernel.KernelException;

/** Finds out how long a tick of the data path is: a jiffy, which the kernel tells nobody. */
final class TickLength {

    /** What CONFIG_HZ may be (kernel/Kconfig.hz). */
    private static final int[] FREQUENCIES = {100, 250, 300, 1000};

    private static final int TICKS = 4;

    private TickLength() {}

    /** Looks at the clock again and again for a few ticks, 5 to 50 ms. */
    static double millis(FlowProgram program) throws KernelException {
        Clock edge = nextTick(program, program.clock(), 1);
        Clock later = nextTick(program, edge, TICKS);
        double measured = (later.nanos() - edge.nanos()) / 1e6 / (later.ticks() - edge.ticks());
        double nearest = 1000.0 / FREQUENCIES[0];
        for (int frequency : FREQUENCIES) {
            double millis = 1000.0 / frequency;
            if (Math.abs(millis - measured) < Math.abs(nearest - measured)) {
                nearest = millis;
            }
        }
        return nearest;
    }

    private static Clock nextTick(FlowProgram program, Clock from, int ticks) throws KernelException {
        Clock now = from;
        while (now.ticks() - from.ticks() < ticks) {
            now = program.clock();
        }
        return now;
    }
}
