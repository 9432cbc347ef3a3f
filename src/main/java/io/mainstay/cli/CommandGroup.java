// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import java.util.List;

/** A command that only holds others. */
interface CommandGroup extends CliCommand {

    @Override
    List<CliCommand> commands();

    @Override
    default ExitCode run(Invocation invocation) {
        throw new AssertionError("a group is not run");
    }
}
