// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import io.mainstay.control.BackendChangeRequest.Change;
import io.mainstay.control.ControlClient;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;

/** How drain, ready and maint are written and answered, for a backend and for a service alike. */
final class ChangeWords {

    static final String WAIT = "--wait";
    static final String TIMEOUT = "--timeout";

    private ChangeWords() {}

    static String of(Change change) {
        return change.name().toLowerCase(Locale.ROOT);
    }

    static void addOptions(CommandSpec spec, Change change) {
        if (change != Change.READY) {
            spec.addOption(Specs.flag(
                            WAIT, "Return only when no connection is left, of its own or after the deadline."))
                    .addOption(Specs.duration(
                            TIMEOUT, "The deadline, such as 30s or 5m. Default: drain_timeout of the service."));
        }
    }

    /** How long to wait for the answer: a drain without a timeout of its own lasts as long as the service's, maybe days. */
    static Optional<Duration> patience(boolean wait, Optional<Duration> timeout) {
        return wait ? timeout.map(ControlClient.PATIENCE::plus) : Optional.of(ControlClient.PATIENCE);
    }

    static String sentence(
            String name, Enum<?> state, long connectionsActive, long connectionsReset, Duration elapsed) {
        StringBuilder sentence = new StringBuilder(name).append(": ").append(state);
        if (connectionsActive > 0) {
            sentence.append(", ")
                    .append(HumanText.count(connectionsActive, "connection"))
                    .append(" left");
        }
        if (connectionsReset > 0) {
            sentence.append(", ")
                    .append(HumanText.count(connectionsReset, "connection"))
                    .append(" reset");
        }
        return sentence.append(" (after ")
                .append(HumanText.duration(elapsed))
                .append(')')
                .toString();
    }
}
