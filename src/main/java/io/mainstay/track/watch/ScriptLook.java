// SPDX-License-Identifier: Apache-2.0
package io.mainstay.track.watch;

import io.mainstay.kernel.Command;
import io.mainstay.kernel.CommandResult;
import io.mainstay.kernel.Commands;
import io.mainstay.track.Observation;
import io.mainstay.track.TrackerConfig.ScriptTracker;
import java.util.Map;

/** Whether a script ends with status 0. */
final class ScriptLook implements Look {

    private final Command command;
    private final Commands commands;

    /** @param scope the virtual router, or sync group, that the script is tracked for */
    ScriptLook(ScriptTracker tracker, String scope, Commands commands) {
        command = new Command(
                tracker.command(),
                Map.of("MAINSTAY_TRACKER", tracker.name(), "MAINSTAY_TRACKED_FOR", scope),
                tracker.timeout());
        this.commands = commands;
    }

    @Override
    public Observation look() {
        CommandResult result = commands.run(command);
        return result.isSuccess() ? new Observation.Good(result.sentence()) : new Observation.Bad(result.sentence());
    }
}
