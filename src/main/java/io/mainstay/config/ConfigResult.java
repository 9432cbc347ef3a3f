// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import java.util.List;

/** What came of reading a configuration: a configuration, or every mistake found in it. */
public sealed interface ConfigResult {

    /**
     * The file may be used.
     *
     * @param config the configuration as meant
     * @param warnings what may be kept but should be looked at, sorted by place
     */
    record Valid(MainstayConfig config, List<ConfigProblem> warnings) implements ConfigResult {
        public Valid {
            warnings = List.copyOf(warnings);
        }
    }

    /**
     * The file may not be used.
     *
     * @param problems every mistake, at least one, sorted by place
     * @param warnings as in {@link Valid}
     */
    record Invalid(List<ConfigProblem> problems, List<ConfigProblem> warnings) implements ConfigResult {
        public Invalid {
            problems = List.copyOf(problems);
            warnings = List.copyOf(warnings);
        }
    }
}
