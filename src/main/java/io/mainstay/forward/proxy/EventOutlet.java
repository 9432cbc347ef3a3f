// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes events to their consumer in order, on a thread that holds no lock of the engine. */
final class EventOutlet {

    private static final Logger LOG = LoggerFactory.getLogger(EventOutlet.class);

    private final Executor thread;
    private final Consumer<ProxyEvent> consumer;

    /** @param thread runs one task after the other */
    EventOutlet(Executor thread, Consumer<ProxyEvent> consumer) {
        this.thread = thread;
        this.consumer = consumer;
    }

    void tell(ProxyEvent event) {
        after(() -> {
            try {
                consumer.accept(event);
            } catch (RuntimeException defect) {
                LOG.error("consumer failed on {}", event, defect);
            }
        });
    }

    /** Runs a task after the events that were told before. */
    void after(Runnable task) {
        try {
            thread.execute(task);
        } catch (RejectedExecutionException closed) {
            LOG.debug("event after the engine was closed");
        }
    }
}
