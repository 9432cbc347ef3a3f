// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel;

/** Runs programs of the operator's. May be used by several threads at once. */
@FunctionalInterface
public interface Commands {

    /**
     * Runs one, and returns when it has ended or was ended. Never later than two seconds after the timeout. To be called by a
     * thread that has the time; if that is interrupted the program is ended.
     */
    CommandResult run(Command command);
}
