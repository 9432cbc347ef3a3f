// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

/** Ends a command. Its message is one line for people, without the program's name. */
class CommandFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final ExitCode exitCode;

    CommandFailure(ExitCode exitCode, String message) {
        super(message, null, false, false);
        this.exitCode = exitCode;
    }

    ExitCode exitCode() {
        return exitCode;
    }
}
