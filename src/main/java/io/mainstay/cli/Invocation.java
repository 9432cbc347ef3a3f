// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import java.io.BufferedReader;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.ParseResult;

/**
 * One run of a command: what was asked, and where the answer goes.
 *
 * @param parsed what picocli made of the arguments, from the program down to the command
 * @param in standard input
 * @param out standard output
 * @param err standard error
 * @param colours whether the output may be coloured
 * @param defaultSocket the control socket unless the arguments name one
 */
record Invocation(
        List<ParseResult> parsed,
        BufferedReader in,
        PrintWriter out,
        PrintWriter err,
        boolean colours,
        Path defaultSocket) {

    static final String JSON = "--json";
    static final String SOCKET = "--socket";

    boolean json() {
        return flag(JSON);
    }

    Daemon daemon() {
        return new Daemon(socket());
    }

    /** The control socket by which the daemon is asked. */
    Path socket() {
        return this.<String>option(SOCKET).map(Path::of).orElse(defaultSocket);
    }

    boolean flag(String name) {
        return this.<Boolean>option(name).orElse(false);
    }

    Optional<Duration> duration(String name) {
        return option(name);
    }

    Optional<String> text(String name) {
        return option(name);
    }

    /** Of an option that may be given more than once. */
    List<String> texts(String name) {
        return this.<List<String>>option(name).orElse(List.of());
    }

    Optional<Long> number(String name) {
        return option(name);
    }

    /** The first parameter of the command, if it was given. */
    Optional<String> parameter() {
        return parameter(0);
    }

    /** The second one. */
    Optional<String> secondParameter() {
        return parameter(1);
    }

    private Optional<String> parameter(int index) {
        ParseResult command = parsed.getLast();
        return command.hasMatchedPositional(index)
                ? Optional.of(command.matchedPositionalValue(index, ""))
                : Optional.empty();
    }

    /** An option may stand before or after the name of the command; the one closest to its end counts. */
    private <T> Optional<T> option(String name) {
        for (ParseResult level : parsed.reversed()) {
            if (level.hasMatchedOption(name)) {
                return Optional.ofNullable(level.matchedOptionValue(name, (T) null));
            }
        }
        return Optional.empty();
    }
}
