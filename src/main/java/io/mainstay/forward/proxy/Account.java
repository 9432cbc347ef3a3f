// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What is noted of one connection for its record. There is one only where records are kept. Runs on one worker's thread. */
final class Account {

    private final Recorder recorder;
    private final MonotonicInstant arrived;
    private @Nullable MonotonicInstant queueing;
    private @Nullable MonotonicInstant connecting;
    private Duration queued = Duration.ZERO;
    private Duration connect = Duration.ZERO;
    private int queuePosition;
    private int attempts;

    Account(Recorder recorder, MonotonicInstant arrived) {
        this.recorder = recorder;
        this.arrived = arrived;
    }

    /** It begins to wait for a backend. */
    void queueing(MonotonicInstant now) {
        queueing = now;
    }

    /** See {@link ConnectionRecord#queuePosition}. */
    void queuedAt(int position) {
        queuePosition = position;
    }

    /** A backend is being connected to, the first or another. */
    void connecting(MonotonicInstant now) {
        attempts++;
        endQueueing(now);
        if (connecting == null) {
            connecting = now;
        }
    }

    /** A backend is reached. */
    void connected(MonotonicInstant now) {
        endConnecting(now);
    }

    private void endQueueing(MonotonicInstant now) {
        if (queueing != null) {
            queued = Duration.ofNanos(now.nanosSince(queueing));
            queueing = null;
        }
    }

    private void endConnecting(MonotonicInstant now) {
        if (connecting != null) {
            connect = Duration.ofNanos(now.nanosSince(connecting));
            connecting = null;
        }
    }

    /** It is over. */
    void close(
            Visit visit,
            @Nullable LiveBackend backend,
            EndCause cause,
            Stage stage,
            long bytesIn,
            long bytesOut,
            MonotonicInstant now) {
        endQueueing(now);
        endConnecting(now);
        recorder.take(new ConnectionRecord(
                Instant.now(),
                visit.service().name(),
                visit.client(),
                visit.peer(),
                visit.arrivedAt(),
                Optional.ofNullable(backend).map(LiveBackend::name),
                new String(new char[] {cause.letter, stage.letter}),
                visit.refusal(),
                bytesIn,
                bytesOut,
                Duration.ofNanos(now.nanosSince(arrived)),
                queuePosition,
                queued,
                connect,
                attempts));
    }
}
