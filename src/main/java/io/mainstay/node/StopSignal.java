// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.kernel.linux.TerminationSignals;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Turns SIGTERM and SIGINT into an orderly stop with the exit status of the program's choice, and a second one into a quick stop.
 *
 * <p>The JVM answers these signals by running its shutdown hooks and then exits with 128 + the signal's number. The hook
 * here starts the stop, waits until the main thread has finished, and ends the process with that thread's status.
 */
final class StopSignal {

    /**
     * Longer than a hand-over with its farewell takes, at intervals of some seconds and with connections that live on for a minute; a
     * supervisor kills after 90 s.
     */
    private static final long LONGEST_STOP_SECONDS = 80;

    private final CountDownLatch finished = new CountDownLatch(1);
    private final AtomicInteger status = new AtomicInteger(1);

    /**
     * @param stop starts the stop; must return soon
     * @param hurry has a stop that has started end soon; must return soon
     */
    void onStop(Runnable stop, Runnable hurry) {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> onShutdown(stop, hurry), "stop"));
    }

    private void onShutdown(Runnable stop, Runnable hurry) {
        TerminationSignals.onNext(hurry);
        stop.run();
        try {
            if (!finished.await(LONGEST_STOP_SECONDS, TimeUnit.SECONDS)) {
                System.err.println("mainstayd: not stopped after " + LONGEST_STOP_SECONDS + " s, ending all the same");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(status.get());
    }

    /** Ends the process: everything is done. Returns only when no signal has come; then the caller exits as usual. */
    void leave(int exitStatus) {
        status.set(exitStatus);
        finished.countDown();
    }
}
