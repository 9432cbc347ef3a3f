// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.forward.proxy.ConnectionRecord;
import io.mainstay.forward.proxy.RefusalReason;
import io.mainstay.observe.JsonLine;
import java.util.Locale;

/** The records of connections as lines of JSON, as docs/traffic.md describes them. */
final class ConnectionLines {

    /** Name of the file in the state directory. */
    static final String FILE = "connections.jsonl";

    /** How long it, and the one before it, may become. */
    static final long LARGEST_BYTES = 64L << 20;

    private ConnectionLines() {}

    /** One line, without its end. */
    static String line(ConnectionRecord record) {
        return new JsonLine()
                .add("time", record.ended().toString())
                .add("service", record.service())
                .add("client", record.client().toString())
                .add("peer", record.peer().toString())
                .add("arrived_at", record.arrivedAt().toString())
                .add("backend", record.backend().orElse(""))
                .add("state", record.state())
                .add("refused", record.refusal().map(ConnectionLines::word).orElse(""))
                .add("bytes_in", record.bytesIn())
                .add("bytes_out", record.bytesOut())
                .add("duration_us", record.duration().toNanos() / 1000)
                .add("queue_position", record.queuePosition())
                .add("queued_us", record.queued().toNanos() / 1000)
                .add("connect_us", record.connect().toNanos() / 1000)
                .add("attempts", record.attempts())
                .toString();
    }

    private static String word(RefusalReason reason) {
        return reason.name().toLowerCase(Locale.ROOT);
    }
}
