// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;

import io.mainstay.forward.QueueConfig;
import java.time.Duration;
import java.util.List;

/** Below {@code queue} of a service. */
final class QueueKeys {

    static final Key.Scalar<Integer> LENGTH = Key.optional(
            "length",
            ScalarTypes.integer(0, 1_000_000),
            QueueConfig.NONE.length(),
            "How many clients may wait; 0: none, who finds all backends full is reset.");

    static final Key.Scalar<Duration> TIMEOUT = Key.optional(
            "timeout",
            ScalarTypes.duration(ofMillis(100), ofHours(1)),
            QueueConfig.NONE.timeout(),
            "How long a client waits before it is reset.");

    static final Key.Section SECTION = new Key.Section(
            "queue",
            List.of(LENGTH, TIMEOUT),
            "For listeners with /tcp: whether clients wait when every backend has its max_connections.");

    private QueueKeys() {}

    static QueueConfig read(WrittenSection queue) {
        return new QueueConfig(ConfigBuilder.get(queue, LENGTH), ConfigBuilder.get(queue, TIMEOUT));
    }

    static EffectiveConfig.Tree write(QueueConfig queue) {
        return new EffectiveConfig.Tree().put(LENGTH, queue.length()).put(TIMEOUT, queue.timeout());
    }
}
