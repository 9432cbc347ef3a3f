// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.RecordConfig;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Passes on those records of one service that are to be kept. Any thread. */
final class Recorder {

    private final RecordConfig config;
    private final Consumer<ConnectionRecord> sink;

    private Recorder(RecordConfig config, Consumer<ConnectionRecord> sink) {
        this.config = config;
        this.sink = sink;
    }

    /** Null if no records are kept. */
    static @Nullable Recorder of(RecordConfig config, Consumer<ConnectionRecord> sink) {
        return config.keep() == RecordConfig.Keep.NONE ? null : new Recorder(config, sink);
    }

    void take(ConnectionRecord record) {
        boolean wanted =
                config.keep() == RecordConfig.Keep.ALL || !record.state().equals(ConnectionRecord.FINISHED);
        if (wanted && (config.oneIn() == 1 || ThreadLocalRandom.current().nextInt(config.oneIn()) == 0)) {
            sink.accept(record);
        }
    }
}
