// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.forward.RecordConfig;
import java.util.List;

/** Below {@code records} of a service. */
final class RecordKeys {

    static final Key.Scalar<RecordConfig.Keep> KEEP = Key.optional(
            "keep",
            ScalarTypes.word(RecordConfig.Keep.class),
            RecordConfig.NONE.keep(),
            "Which connections leave a record: none, those that failed, or all.");

    static final Key.Scalar<Integer> ONE_IN = Key.optional(
            "one_in",
            ScalarTypes.integer(1, 1_000_000),
            RecordConfig.NONE.oneIn(),
            "Of how many of these connections one leaves a record, chosen at random; 1: each.");

    static final Key.Section SECTION = new Key.Section(
            "records",
            List.of(KEEP, ONE_IN),
            "For listeners with /tcp: a line in connections.jsonl of the state directory for each connection that has"
                    + " ended.");

    private RecordKeys() {}

    static RecordConfig read(WrittenSection records) {
        return new RecordConfig(ConfigBuilder.get(records, KEEP), ConfigBuilder.get(records, ONE_IN));
    }

    static EffectiveConfig.Tree write(RecordConfig records) {
        return new EffectiveConfig.Tree().put(KEEP, records.keep()).put(ONE_IN, records.oneIn());
    }
}
