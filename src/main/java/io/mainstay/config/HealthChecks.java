// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.config.WrittenSection.Item;
import io.mainstay.health.Payload;
import io.mainstay.net.IpAddress;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What must hold between the keys by which backends are judged. Works on what could be read, so that one run finds all. */
final class HealthChecks {

    private final Problems problems;

    HealthChecks(Problems problems) {
        this.problems = problems;
    }

    void check(WrittenSection service) {
        for (WrittenSection check : CheckKeys.of(service)) {
            checkTimeout(
                    check,
                    CheckKeys.INTERVAL,
                    check.value(CheckKeys.INTERVAL),
                    CheckKeys.TIMEOUT,
                    check.value(CheckKeys.TIMEOUT));
            checkFastInterval(check);
            CheckType type = check.value(CheckKeys.TYPE);
            if (type != null) {
                checkType(check, type);
            }
        }
        WrittenSection agent = service.section(AgentKeys.SECTION);
        checkTimeout(
                agent,
                AgentKeys.INTERVAL,
                agent.value(AgentKeys.INTERVAL),
                AgentKeys.TIMEOUT,
                agent.value(AgentKeys.TIMEOUT));
    }

    private void checkTimeout(
            WrittenSection section,
            Key intervalKey,
            @Nullable Duration interval,
            Key timeoutKey,
            @Nullable Duration timeout) {
        if (interval == null || timeout == null || timeout.compareTo(interval) < 0) {
            return;
        }
        boolean blameTimeout = section.has(timeoutKey);
        Key key = blameTimeout ? timeoutKey : intervalKey;
        problems.refuse(
                section.placeOf(key),
                section.pathOf(key),
                Durations.format(blameTimeout ? timeout : interval),
                blameTimeout
                        ? "shorter than the interval of " + Durations.format(interval)
                        : "longer than the timeout of " + Durations.format(timeout));
    }

    private void checkFastInterval(WrittenSection check) {
        Duration interval = check.value(CheckKeys.INTERVAL);
        Duration fast = check.value(CheckKeys.FAST_INTERVAL);
        if (interval != null && fast != null && fast.compareTo(interval) > 0) {
            problems.refuse(
                    check.placeOf(CheckKeys.FAST_INTERVAL),
                    check.pathOf(CheckKeys.FAST_INTERVAL),
                    Durations.format(fast),
                    "at most the interval of " + Durations.format(interval));
        }
    }

    private void checkType(WrittenSection check, CheckType type) {
        CheckKeys.FOR_TYPES.forEach((key, types) -> {
            if (check.has(key) && !types.contains(type)) {
                problems.error(
                        check.placeOf(key),
                        check.pathOf(key),
                        "not for type " + word(type) + " (expected: with type: "
                                + types.stream()
                                        .sorted()
                                        .map(HealthChecks::word)
                                        .collect(Collectors.joining(" or "))
                                + " only)");
            }
        });
        switch (type) {
            case DNS -> checkDns(check);
            case EXEC -> checkCommand(check);
            case HTTP, HTTPS -> checkHttp(check);
            case UDP -> checkUdp(check);
            case TCP, TLS -> {}
        }
        if (check.has(CheckKeys.CA_FILE) && verifiesNothing(check)) {
            problems.refuse(
                    check.placeOf(CheckKeys.CA_FILE),
                    check.pathOf(CheckKeys.CA_FILE),
                    "a file of certificates",
                    "with verify: true only");
        }
    }

    private static boolean verifiesNothing(WrittenSection check) {
        return Boolean.FALSE.equals(check.value(CheckKeys.VERIFY));
    }

    private void checkDns(WrittenSection check) {
        if (!check.has(CheckKeys.QUERY)) {
            problems.error(
                    check.place(), check.pathOf(CheckKeys.QUERY), "missing (expected: a domain name, for type dns)");
        }
        Payload expect = check.value(CheckKeys.EXPECT);
        if (expect != null && !expect.isNone() && !isAddress(expect.text())) {
            problems.refuse(
                    check.placeOf(CheckKeys.EXPECT),
                    check.pathOf(CheckKeys.EXPECT),
                    expect.text(),
                    "an address, for type dns");
        }
    }

    private static boolean isAddress(String text) {
        try {
            return IpAddress.parse(text).toString().equals(text);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private void checkCommand(WrittenSection check) {
        List<Item<String>> command = check.items(CheckKeys.COMMAND);
        if (!check.has(CheckKeys.COMMAND)) {
            problems.error(
                    check.place(),
                    check.pathOf(CheckKeys.COMMAND),
                    "missing (expected: a program and its arguments, for type exec)");
        } else if (command.isEmpty() || !command.getFirst().value().startsWith("/")) {
            problems.refuse(
                    check.placeOf(CheckKeys.COMMAND),
                    check.pathOf(CheckKeys.COMMAND),
                    command.isEmpty() ? "" : command.getFirst().value(),
                    "the absolute path of a program");
        }
    }

    private void checkHttp(WrittenSection check) {
        Payload expect = check.value(CheckKeys.EXPECT);
        if ("HEAD".equals(check.value(CheckKeys.METHOD)) && expect != null && !expect.isNone()) {
            problems.refuse(
                    check.placeOf(CheckKeys.EXPECT),
                    check.pathOf(CheckKeys.EXPECT),
                    expect.text(),
                    "another method than HEAD, whose answer has no body");
        }
    }

    private void checkUdp(WrittenSection check) {
        Payload send = check.value(CheckKeys.SEND);
        if (send != null && send.isNone()) {
            problems.error(
                    check.placeOf(CheckKeys.SEND),
                    check.pathOf(CheckKeys.SEND),
                    "missing (expected: what is sent, for type udp)");
        }
    }

    private static String word(CheckType type) {
        return type.name().toLowerCase(Locale.ROOT);
    }
}
