// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import io.mainstay.config.ConfigChange;
import io.mainstay.config.ConfigProblem;
import io.mainstay.config.ConfigResult;
import java.util.List;

/**
 * What became of a request to take the configuration file over.
 *
 * @param result whether it is in force now; in all but one case nothing was changed
 * @param problems the mistakes of the file; none unless it is invalid
 * @param warnings remarks on the file
 * @param changes what distinguishes the file from the configuration that was in force
 * @param detail why it failed; empty unless it did
 */
public record ReloadOutcome(
        Result result,
        List<ConfigProblem> problems,
        List<ConfigProblem> warnings,
        List<ConfigChange> changes,
        String detail) {

    /** How a reload can end. */
    public enum Result {
        /** The file is in force. */
        APPLIED,
        /** The file says what was in force already. */
        UNCHANGED,
        /** The file has mistakes. */
        INVALID,
        /** The file changes something that a running daemon cannot change. */
        NEEDS_RESTART,
        /** The system refused, such as an address that another program listens on. */
        FAILED
    }

    public ReloadOutcome {
        problems = List.copyOf(problems);
        warnings = List.copyOf(warnings);
        changes = List.copyOf(changes);
    }

    /** A file that may not be used. */
    public static ReloadOutcome invalid(ConfigResult.Invalid invalid) {
        return new ReloadOutcome(Result.INVALID, invalid.problems(), invalid.warnings(), List.of(), "");
    }

    /** A file without mistakes. */
    public static ReloadOutcome of(Result result, ConfigResult.Valid valid, List<ConfigChange> changes, String detail) {
        return new ReloadOutcome(result, List.of(), valid.warnings(), changes, detail);
    }

    /** Whether the file is in force. */
    public boolean done() {
        return result == Result.APPLIED || result == Result.UNCHANGED;
    }

    public List<ConfigChange> needingRestart() {
        return changes.stream().filter(ConfigChange::needsRestart).toList();
    }
}
