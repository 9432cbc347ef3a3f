// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.kernel.linux.ThreadScheduling;
import io.mainstay.observe.EventDraft;
import io.mainstay.observe.EventJournal;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** The thread on which the elections run, with the privileges that keep it punctual. */
final class ElectionThread {

    /** Above ordinary work, below the kernel's own threads; the watchdog stands one higher. */
    private static final int REAL_TIME_PRIORITY = 50;

    /** Before all ordinary threads, behind all others: the machine needs what it does there to go on, but not more. */
    private static final int LOWEST_REAL_TIME_PRIORITY = 1;

    private final ElectionDriver driver;
    private final EventJournal journal;
    private final CompletableFuture<Boolean> ended = new CompletableFuture<>();
    private volatile boolean failed;

    ElectionThread(ElectionDriver driver, EventJournal journal) {
        this.driver = driver;
        this.journal = journal;
    }

    void start() {
        Thread.ofPlatform().name("election").start(this::run);
    }

    /** Completed when the thread is done and the addresses are gone: true if it was stopped, false if it failed. */
    CompletableFuture<Boolean> ended() {
        return ended.copy();
    }

    /** Ends the daemon because it cannot serve: hands over if a peer is there, then gives the addresses up. Any thread. */
    void giveUp(String reason) {
        failed = true;
        journal.append(EventDraft.error(
                "internal_error", "node", reason + "; handing over, giving up the addresses, then the daemon ends"));
        var unused = driver.stop(Optional.empty());
    }

    private void run() {
        ThreadScheduling.useRealTime(REAL_TIME_PRIORITY)
                .or(() -> ThreadScheduling.useRealTimeForVirtualMachine(LOWEST_REAL_TIME_PRIORITY))
                .ifPresent(reason -> warn("no_real_time", "the election runs without real-time priority", reason));
        ThreadScheduling.lockMemory()
                .ifPresent(reason -> warn("memory_not_locked", "memory can be swapped out", reason));
        try {
            driver.run();
            ended.complete(!failed);
        } catch (RuntimeException | Error e) {
            journal.append(EventDraft.error(
                            "internal_error",
                            "node",
                            "the election failed, the addresses were given up and the daemon ends: " + e)
                    .with("at", e.getStackTrace().length > 0 ? e.getStackTrace()[0] : "unknown"));
            ended.complete(false);
        }
    }

    private void warn(String kind, String what, String reason) {
        journal.append(EventDraft.warning(kind, "node", what + ": " + reason));
    }
}
