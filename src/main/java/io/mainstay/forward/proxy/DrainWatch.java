// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import java.time.Duration;
import java.util.List;

/**
 * Keeps known how old the oldest connection of a draining backend is, and whether anybody may still come, by a look each second.
 * Runs on the control thread.
 */
final class DrainWatch implements Runnable {

    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final List<Worker> workers;
    private final LiveService service;
    private final LiveBackend backend;
    private final Drain drain;
    private final Surroundings surroundings;

    DrainWatch(List<Worker> workers, LiveService service, LiveBackend backend, Drain drain, Surroundings surroundings) {
        this.workers = workers;
        this.service = service;
        this.backend = backend;
        this.drain = drain;
        this.surroundings = surroundings;
    }

    @Override
    public void run() {
        service.finishIfEmpty(backend);
        if (drain.isOver()) {
            return;
        }
        for (Worker worker : workers) {
            worker.execute(() -> drain.noteOldest(worker.lane().index, worker.oldest(backend)));
        }
        surroundings.runAfter(PAUSE, this);
    }
}
