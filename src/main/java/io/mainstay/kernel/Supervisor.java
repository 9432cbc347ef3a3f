// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel;

import java.time.Duration;
import java.util.Optional;

/** The program that started the daemon and restarts it, such as systemd. May be used from any thread; never waits. */
public interface Supervisor {

    /**
     * Tells it how the daemon is, in the words of sd_notify(3), one assignment a line. What it cannot be told is lost: it
     * notices by what it does not hear.
     */
    void tell(String assignments);

    /** After how long without {@code WATCHDOG=1} it takes the daemon for stuck; empty if it does not watch. */
    Optional<Duration> watchdog();
}
