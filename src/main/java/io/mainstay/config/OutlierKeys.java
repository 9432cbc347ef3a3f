// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofSeconds;

import io.mainstay.config.ScalarType.Form;
import io.mainstay.health.OutlierConfig;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The keys below {@code outlier_detection} of a service. */
final class OutlierKeys {

    static final Key.Scalar<Integer> CONSECUTIVE_FAILURES = Key.optional(
            "consecutive_failures",
            ScalarTypes.integer(0, 10_000),
            0,
            "So many connections of clients that cannot be made, in a row, eject the backend; 0: none do.");

    static final Key.Scalar<Boolean> COUNT_RESETS = Key.optional(
            "count_resets",
            ScalarTypes.bool(),
            false,
            "Whether a connection that the backend resets before it has answered counts as well. A client can bring"
                    + " that about.");

    static final Key.Scalar<Duration> EJECTION_TIME = Key.optional(
            "ejection_time",
            ScalarTypes.duration(ofSeconds(1), ofHours(1)),
            ofSeconds(30),
            "How long an ejected backend gets no new connections; the second time in a row twice as long, the third"
                    + " three times, up to ten times.");

    static final Key.Scalar<Integer> MAX_EJECTED = Key.optional(
            "max_ejected",
            percent(),
            50,
            "The largest share of the backends that may be ejected at the same time, rounded down.");

    static final Key.Section SECTION = new Key.Section(
            "outlier_detection",
            List.of(CONSECUTIVE_FAILURES, COUNT_RESETS, EJECTION_TIME, MAX_EJECTED),
            "When the connections of clients count against a backend that its checks find healthy.");

    private OutlierKeys() {}

    /** How outliers are found, in settings in which no mistake was found; empty: they are not. */
    static Optional<OutlierConfig> read(WrittenSection outlier) {
        int failures = ConfigBuilder.get(outlier, CONSECUTIVE_FAILURES);
        return failures == 0
                ? Optional.empty()
                : Optional.of(new OutlierConfig(
                        failures,
                        ConfigBuilder.get(outlier, EJECTION_TIME),
                        ConfigBuilder.get(outlier, MAX_EJECTED),
                        ConfigBuilder.get(outlier, COUNT_RESETS)));
    }

    static EffectiveConfig.Tree tree(Optional<OutlierConfig> outliers) {
        EffectiveConfig.Tree tree = new EffectiveConfig.Tree();
        outliers.ifPresentOrElse(
                detected -> tree.put(CONSECUTIVE_FAILURES, detected.consecutiveFailures())
                        .put(COUNT_RESETS, detected.countResets())
                        .put(EJECTION_TIME, detected.ejectionTime())
                        .put(MAX_EJECTED, detected.maxEjectedPercent()),
                () -> tree.put(CONSECUTIVE_FAILURES, 0));
        return tree;
    }

    private static ScalarType<Integer> percent() {
        return new ScalarType<>(
                "0%..100%",
                Form.TEXT,
                text -> {
                    if (!text.endsWith("%")) {
                        throw new IllegalArgumentException(text);
                    }
                    return ScalarTypes.decimal(text.substring(0, text.length() - 1), 0, 100);
                },
                value -> value + "%");
    }
}
