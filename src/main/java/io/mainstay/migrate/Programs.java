// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

import java.util.List;
import java.util.function.Function;

/** Finds programs, which keepalived looks for along the PATH and Mainstay wants with their whole paths. */
final class Programs {

    private static final List<String> DIRECTORIES =
            List.of("/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/");

    private final Function<String, String> unexecutable;
    private final Notes notes;

    /** @param unexecutable why the program of a path cannot be executed on this host; empty if it can */
    Programs(Function<String, String> unexecutable, Notes notes) {
        this.unexecutable = unexecutable;
        this.notes = notes;
    }

    /** The path of the program that a directive names; as it is if it is found nowhere, for the check to refuse. */
    String find(String program, Directive directive) {
        if (program.startsWith("/")) {
            String reason = unexecutable.apply(program);
            if (!reason.isEmpty()) {
                notes.changed(
                        directive,
                        program + ": " + reason + " on this host; config check refuses it until there is one");
            }
            return program;
        }
        return program.indexOf('/') >= 0
                ? program
                : DIRECTORIES.stream()
                        .map(directory -> directory + program)
                        .filter(path -> unexecutable.apply(path).isEmpty())
                        .findFirst()
                        .orElse(program);
    }
}
