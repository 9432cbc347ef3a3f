// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.config.Schema.VirtualRouter;
import io.mainstay.election.AuthenticationConfig;
import io.mainstay.election.AuthenticationConfig.Mode;
import io.mainstay.election.wire.Authentication;
import io.mainstay.election.wire.AuthenticationKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** The keys of a virtual router that say how its nodes prove to each other what they say, and what must hold between them. */
final class AuthenticationKeys {

    /** What is laid ready for the guard bears a number up to one and a half intervals old or ahead. */
    private static final int LEAST_WINDOW_INTERVALS = 2;

    static final Key.Scalar<Mode> MODE = Key.optional(
            "mode",
            ScalarTypes.word(Mode.class),
            Mode.ENFORCE,
            "With enforce advertisements are signed, and unsigned ones are thrown away. With permissive unsigned ones are taken"
                    + " in as well, while keys are given to one node after the other. With receive_only nothing is signed yet,"
                    + " for peers that would not take it in. A reload changes it without a failover.");

    static final Key.Scalar<Integer> ACTIVE_KEY = Key.derived(
            "active_key",
            ScalarTypes.integer(AuthenticationKey.LOWEST_ID, AuthenticationKey.HIGHEST_ID),
            "the id of the first key",
            "The id of the key to sign with.");

    static final Key.Scalar<Duration> WINDOW = Key.derived(
            "window",
            ScalarTypes.duration(AuthenticationConfig.SHORTEST_WINDOW, AuthenticationConfig.LONGEST_WINDOW),
            "three advertisement intervals, 5s at least",
            "By how much the clocks of two nodes may differ. Beyond that they do not believe each other, and both become"
                    + " Active: keep the clocks in step by NTP.");

    static final Key.Scalar<Integer> ID = Key.required(
            "id",
            ScalarTypes.integer(AuthenticationKey.LOWEST_ID, AuthenticationKey.HIGHEST_ID),
            "By which number advertisements name the key; the same on each node.");

    static final Key.Scalar<String> FILE = Key.required(
            "file",
            TrackKeys.path(),
            "Where the key stands, as for keepalived: one line of hex: and 64 to 128 digits (openssl rand -hex 32), or of 32"
                    + " to 64 characters. Mode 0640 or stricter, owned by root or the user of the daemon. Read again by each"
                    + " reload.");

    static final Key.Entries KEYS = new Key.Entries(
            "keys",
            List.of(ID, FILE),
            0,
            16,
            "Whatever is signed with one of these is believed. Several while a key is replaced: give the new one to all"
                    + " nodes, then set active_key, then take the old one away.");

    static final Key.Section SECTION = new Key.Section(
            "authentication",
            List.of(MODE, KEYS, ACTIVE_KEY, WINDOW),
            "With keys: advertisements are signed by HMAC-SHA256 and can be neither forged nor sent again, as by auth_hmac of"
                    + " keepalived 2.4.1 and newer. docs/operating.md has the steps.");

    private final Problems problems;
    private final Function<String, KeyFile> files;
    private final Map<String, KeyFile> known = new HashMap<>();

    /** @param files gives what stands in the file of a path; asked once for each */
    AuthenticationKeys(Problems problems, Function<String, KeyFile> files) {
        this.problems = problems;
        this.files = files;
    }

    private KeyFile file(String path) {
        return known.computeIfAbsent(path, files);
    }

    void check(List<WrittenSection> routers) {
        routers.forEach(this::check);
    }

    private void check(WrittenSection router) {
        WrittenSection section = router.section(SECTION);
        List<WrittenSection> keys = section.entries(KEYS);
        if (keys.isEmpty()) {
            warnOfNoEffect(section);
            return;
        }
        checkKeys(keys);
        Integer active = section.value(ACTIVE_KEY);
        if (active != null && keys.stream().noneMatch(key -> active.equals(key.value(ID)))) {
            problems.refuse(
                    section.placeOf(ACTIVE_KEY),
                    section.pathOf(ACTIVE_KEY),
                    active.toString(),
                    "the id of one of the keys");
        }
        if (router.has(ProtocolKeys.PASSWORD) && !Authentication.NONE.equals(router.value(ProtocolKeys.PASSWORD))) {
            problems.error(
                    router.placeOf(ProtocolKeys.PASSWORD),
                    router.pathOf(ProtocolKeys.PASSWORD),
                    "given (expected: either a password or authentication, not both)");
        }
        checkWindow(router, section);
        if (section.value(MODE) != null && section.value(MODE) != Mode.ENFORCE) {
            problems.warn(
                    section.placeOf(MODE),
                    section.pathOf(MODE),
                    "takes unsigned advertisements in, which anybody can send: set enforce once all nodes sign");
        }
    }

    private void warnOfNoEffect(WrittenSection section) {
        for (Key.Scalar<?> key : List.of(MODE, ACTIVE_KEY, WINDOW)) {
            if (section.has(key)) {
                problems.warn(section.placeOf(key), section.pathOf(key), "has no effect: there are no keys");
            }
        }
    }

    private void checkKeys(List<WrittenSection> keys) {
        Map<Integer, String> ids = new HashMap<>();
        for (WrittenSection key : keys) {
            Integer id = key.value(ID);
            String other = id == null ? null : ids.putIfAbsent(id, key.path());
            if (id != null && other != null) {
                problems.refuse(
                        key.placeOf(ID), key.pathOf(ID), id.toString(), "an id of its own; " + other + " has this one");
            }
            String path = key.value(FILE);
            if (path != null && file(path) instanceof KeyFile.Unusable unusable) {
                problems.error(
                        key.placeOf(FILE),
                        key.pathOf(FILE),
                        Problems.shown(path) + ": " + unusable.found() + " (expected: " + unusable.expected() + ")");
            }
        }
    }

    private void checkWindow(WrittenSection router, WrittenSection section) {
        Duration interval = router.value(VirtualRouter.ADVERTISEMENT_INTERVAL);
        Duration window = section.value(WINDOW);
        if (interval == null || window == null) {
            return;
        }
        Duration least = interval.multipliedBy(LEAST_WINDOW_INTERVALS);
        if (window.compareTo(least) < 0) {
            problems.refuse(
                    section.placeOf(WINDOW),
                    section.pathOf(WINDOW),
                    Durations.format(window),
                    "two advertisement intervals or more, " + Durations.format(least));
        }
    }

    /** The authentication of a virtual router in which no mistake was found. */
    AuthenticationSettings read(WrittenSection router) {
        WrittenSection section = router.section(SECTION);
        List<AuthenticationKey> keys = new ArrayList<>();
        List<String> paths = new ArrayList<>();
        for (WrittenSection key : section.entries(KEYS)) {
            String path = ConfigBuilder.get(key, FILE);
            if (!(file(path) instanceof KeyFile.Read read)) {
                throw new AssertionError("a configuration without mistakes lacks a key");
            }
            keys.add(new AuthenticationKey(ConfigBuilder.get(key, ID), read.octets()));
            paths.add(path);
        }
        if (keys.isEmpty()) {
            return AuthenticationSettings.NONE;
        }
        Duration window = section.value(WINDOW);
        Duration interval = ConfigBuilder.get(router, VirtualRouter.ADVERTISEMENT_INTERVAL);
        return new AuthenticationSettings(
                new AuthenticationConfig(
                        ConfigBuilder.get(section, MODE),
                        keys,
                        Optional.ofNullable(section.value(ACTIVE_KEY))
                                .orElse(keys.getFirst().id()),
                        window != null ? window : AuthenticationConfig.defaultWindow(interval)),
                paths);
    }

    /** Puts the authentication below the given virtual router, if there is any. */
    static void write(AuthenticationSettings settings, EffectiveConfig.Tree router) {
        AuthenticationConfig config = settings.config();
        if (config.isNone()) {
            return;
        }
        List<EffectiveConfig.Tree> keys = new ArrayList<>();
        for (int i = 0; i < config.keys().size(); i++) {
            keys.add(new EffectiveConfig.Tree()
                    .put(ID, config.keys().get(i).id())
                    .put(FILE, settings.files().get(i)));
        }
        router.putTree(
                SECTION,
                new EffectiveConfig.Tree()
                        .put(MODE, config.mode())
                        .putTrees(KEYS, keys)
                        .put(ACTIVE_KEY, config.activeKey())
                        .put(WINDOW, config.window()));
    }
}
