// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

/** How a command ends, for scripts. */
enum ExitCode {
    DONE(0, "done"),
    /** The daemon did not do it, or it did not work out. */
    FAILED(1, "failed"),
    USAGE(2, "wrong command line"),
    CONFIGURATION_INVALID(3, "configuration invalid"),
    DAEMON_NOT_REACHABLE(4, "daemon not reachable"),
    NOT_PERMITTED(5, "not permitted");

    private final int code;
    private final String meaning;

    ExitCode(int code, String meaning) {
        this.code = code;
        this.meaning = meaning;
    }

    int code() {
        return code;
    }

    String meaning() {
        return meaning;
    }
}
