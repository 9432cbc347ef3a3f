// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import jnr.constants.platform.Signal;
import jnr.posix.util.SunMiscSignal;

/** SIGHUP, by which daemons are asked by custom to read their configuration again. */
public final class HangUpSignal {

    private HangUpSignal() {}

    /** Runs the action on a thread of its own each time the signal comes, which no longer ends the process. */
    public static void onHangUp(Runnable action) {
        var unused = SunMiscSignal.signal(Signal.SIGHUP, number -> action.run());
    }
}
