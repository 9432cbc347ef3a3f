// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

/** Ends a command that has to ask the daemon, unless it knows another place to look. */
final class NoDaemon extends CommandFailure {

    private static final long serialVersionUID = 1L;

    private final boolean mayRun;

    /** @param mayRun whether there is a daemon, which only does not answer */
    NoDaemon(String message, boolean mayRun) {
        super(ExitCode.DAEMON_NOT_REACHABLE, message);
        this.mayRun = mayRun;
    }

    boolean mayRun() {
        return mayRun;
    }
}
