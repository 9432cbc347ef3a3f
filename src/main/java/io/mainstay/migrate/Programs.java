// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Finds programs, which keepalived looks for along the PATH and Mainstay wants with their whole paths. */
final class Programs {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._+-]*");
    private static final String LIKELY = "/usr/bin/";
    private static final List<String> DIRECTORIES =
            List.of("/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/");

    private final Function<String, String> unexecutable;
    private final Notes notes;

    /** @param unexecutable why the program of a path cannot be executed on this host; empty if it can */
    Programs(Function<String, String> unexecutable, Notes notes) {
        this.unexecutable = unexecutable;
        this.notes = notes;
    }

    /**
     * The path of the program that a directive names. One that is not on this host is told, and kept under the path where it is
     * likely to be: the configuration may be for another host.
     */
    String find(String program, Directive directive) {
        boolean bare = NAME.matcher(program).matches();
        if (!bare && !program.startsWith("/")) {
            return program;
        }
        List<String> paths = bare
                ? DIRECTORIES.stream().map(directory -> directory + program).toList()
                : List.of(program);
        return paths.stream()
                .filter(path -> unexecutable.apply(path).isEmpty())
                .findFirst()
                .orElseGet(() -> missing(bare ? LIKELY + program : program, directive));
    }

    private String missing(String path, Directive directive) {
        notes.changed(
                directive,
                path + ": " + unexecutable.apply(path) + " on this host; config check refuses it until there is one");
        return path;
    }
}
