// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import java.util.List;
import picocli.CommandLine.Model.CommandSpec;

/**
 * One command: how it is written, and what it does.
 *
 * <p>Commands describe themselves by picocli's model rather than by its annotations: reading annotations takes 150 ms of
 * each start.
 */
interface CliCommand {

    /** Name, description, options, parameters and examples; those that all commands share are added by others. */
    CommandSpec spec();

    /** Commands that are written behind its name, such as {@code check} of {@code config check}. */
    default List<CliCommand> commands() {
        return List.of();
    }

    /**
     * Does it.
     *
     * @return how it ended
     * @throws CommandFailure if it failed with something to say
     */
    ExitCode run(Invocation invocation);
}
