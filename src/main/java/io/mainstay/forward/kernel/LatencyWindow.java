// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import io.mainstay.forward.kernel.Latency.Quantiles;
import io.mainstay.kernel.FlowProgram;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The latency of one backend in the last one to two minutes, from counts that only grow. Pure; used by one thread. */
final class LatencyWindow {

    private static final long TURN_MILLIS = Duration.ofMinutes(1).toMillis();

    private FlowProgram.@Nullable Latency older;
    private FlowProgram.@Nullable Latency newer;
    private FlowProgram.@Nullable Latency latest;
    private long turnedMillis;

    /** Takes over what is counted at a moment, by any clock that does not go back. */
    void take(FlowProgram.Latency counts, long nowMillis) {
        FlowProgram.Latency present = newer;
        if (present == null) {
            older = counts;
            newer = counts;
            turnedMillis = nowMillis;
        } else if (nowMillis - turnedMillis >= TURN_MILLIS) {
            // After a long silence nothing of what was counted before it is of the last minutes.
            FlowProgram.Latency before = latest == null ? present : latest;
            older = nowMillis - turnedMillis >= 2 * TURN_MILLIS ? before : present;
            newer = before;
            turnedMillis = nowMillis;
        }
        latest = counts;
    }

    /** Null: nothing was measured. */
    @Nullable
    Latency latency() {
        FlowProgram.Latency from = older;
        FlowProgram.Latency to = latest;
        if (from == null || to == null) {
            return null;
        }
        Quantiles connect = Quantiles.of(difference(from.connect(), to.connect()));
        Quantiles firstByte = Quantiles.of(difference(from.firstByte(), to.firstByte()));
        return connect == null && firstByte == null ? null : new Latency(connect, firstByte);
    }

    private static List<Long> difference(List<Long> from, List<Long> to) {
        List<Long> difference = new ArrayList<>(to.size());
        for (int i = 0; i < to.size(); i++) {
            difference.add(to.get(i) - from.get(i));
        }
        return difference;
    }
}
