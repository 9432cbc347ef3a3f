// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import java.util.List;
import jnr.constants.platform.Signal;
import jnr.posix.util.SunMiscSignal;

/** SIGTERM and SIGINT, after the virtual machine has answered the first of them. */
public final class TerminationSignals {

    private TerminationSignals() {}

    /** Runs the action on a thread of its own each time that one of them comes from now on. */
    public static void onNext(Runnable action) {
        for (Signal signal : List.of(Signal.SIGTERM, Signal.SIGINT)) {
            var unused = SunMiscSignal.signal(signal, number -> action.run());
        }
    }
}
