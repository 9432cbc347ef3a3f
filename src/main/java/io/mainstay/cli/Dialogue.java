// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import io.mainstay.observe.IoProblem;
import java.io.IOException;
import java.util.Optional;

/**
 * Gets answers: from the options of the command, or by asking, again and again until the answer will do. Unattended it takes
 * what stands to reason and asks nothing.
 */
final class Dialogue {

    private final Invocation invocation;
    private final boolean unattended;

    Dialogue(Invocation invocation, boolean unattended) {
        this.invocation = invocation;
        this.unattended = unattended;
    }

    /** @throws CommandFailure if an option has a wrong value, or there is nobody to ask */
    <T> T answer(Question<T> question) {
        Optional<String> given = invocation.text(question.option());
        if (given.isPresent() || unattended) {
            String text = given.orElseGet(() -> standard(question));
            if (text.isBlank()) {
                throw new CommandFailure(
                        ExitCode.USAGE, question.option() + ": empty (expected: a value, or no such option)");
            }
            try {
                return question.reader().apply(text);
            } catch (IllegalArgumentException e) {
                throw new CommandFailure(ExitCode.USAGE, question.option() + ": " + e.getMessage());
            }
        }
        while (true) {
            String line = ask(question);
            if (line.isEmpty()) {
                invocation.err().println("  an answer is needed here");
                continue;
            }
            try {
                return question.reader().apply(line);
            } catch (IllegalArgumentException e) {
                invocation.err().println("  " + e.getMessage());
            }
        }
    }

    private static String standard(Question<?> question) {
        return question.standard()
                .orElseThrow(() -> new CommandFailure(
                        ExitCode.USAGE,
                        question.option() + ": missing (expected: an answer, since nothing is asked; it is about: "
                                + question.prompt() + ")"));
    }

    private String ask(Question<?> question) {
        invocation.err().flush();
        invocation
                .out()
                .print(question.prompt()
                        + question.standard().map(it -> " [" + it + "]").orElse("") + ": ");
        invocation.out().flush();
        String line;
        try {
            line = invocation.in().readLine();
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.FAILED, "standard input: " + IoProblem.describe(e));
        }
        if (line == null) {
            invocation.out().println();
            throw new CommandFailure(
                    ExitCode.FAILED,
                    "standard input has ended (expected: an answer, or the option " + question.option() + ")");
        }
        return line.isBlank() ? question.standard().orElse("") : line.strip();
    }
}
