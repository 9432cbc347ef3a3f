// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.track.watch.TrackDriver;
import java.util.function.Consumer;

/** The thread on which all trackers are kept. */
final class TrackingThread implements AutoCloseable {

    private final TrackDriver driver;
    private final Consumer<String> onFailure;

    /** @param onFailure is told why nothing is tracked any more */
    TrackingThread(TrackDriver driver, Consumer<String> onFailure) {
        this.driver = driver;
        this.onFailure = onFailure;
    }

    void start() {
        Thread.ofPlatform().name("tracking").daemon().start(this::run);
    }

    private void run() {
        try {
            driver.run();
        } catch (RuntimeException | Error e) {
            onFailure.accept("tracking failed: " + e);
        }
    }

    @Override
    public void close() {
        driver.stop();
    }
}
