// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Priority;
import io.mainstay.track.Effect;
import io.mainstay.track.Pace;
import io.mainstay.track.TrackerConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** Any trackers that pass the checks, from a seed. */
final class RandomTrackers {

    private final Random random;
    private final List<String> services;

    /** @param services the names of those that can be tracked */
    RandomTrackers(Random random, List<String> services) {
        this.random = random;
        this.services = services;
    }

    /** In the order of the kinds, which is the order in which a file is read. */
    List<TrackerConfig> next(Priority priority) {
        List<TrackerConfig> trackers = new ArrayList<>();
        for (int i = 0; i < random.nextInt(3); i++) {
            trackers.add(new TrackerConfig.InterfaceTracker(
                    new InterfaceName("up" + i), random.nextBoolean(), pace(Duration.ZERO), effect(priority)));
        }
        for (int i = 0; i < random.nextInt(3); i++) {
            trackers.add(new TrackerConfig.NeighbourTracker(
                    "n" + i,
                    new InterfaceName("up" + i),
                    List.of(IpAddress.parse("198.18.7.1"), IpAddress.parse("198.18.7." + (2 + i))),
                    pace(Duration.ZERO),
                    effect(priority)));
        }
        for (int i = 0; i < random.nextInt(3); i++) {
            Duration timeout = Duration.ofMillis(10 + random.nextInt(10_000));
            trackers.add(new TrackerConfig.ScriptTracker(
                    "s" + i,
                    List.of("/bin/check", "010", "a: \"b\" #c", "-1"),
                    timeout,
                    pace(timeout),
                    effect(priority)));
        }
        for (int i = 0; i < random.nextInt(3); i++) {
            trackers.add(new TrackerConfig.ProcessTracker(
                    "p" + i,
                    random.nextBoolean() ? Optional.empty() : Optional.of("/run/p: " + i),
                    pace(Duration.ZERO),
                    effect(priority)));
        }
        for (int i = 0; i < random.nextInt(3); i++) {
            boolean stated = random.nextBoolean() && !priority.isOwner();
            trackers.add(new TrackerConfig.FileTracker(
                    "/run/f" + i, pace(Duration.ZERO), stated ? new Effect.Stated() : effect(priority)));
        }
        for (String service : services) {
            trackers.add(new TrackerConfig.ServiceTracker(service, effect(priority)));
        }
        return trackers;
    }

    private Pace pace(Duration longerThan) {
        return new Pace(
                longerThan.plusMillis(50 + random.nextInt(100_000)), 1 + random.nextInt(100), 1 + random.nextInt(100));
    }

    /** A weight that changes something, whatever the others add: nothing does for the lowest priority or an owner. */
    private Effect effect(Priority priority) {
        return random.nextBoolean() || priority.isOwner() || priority.value() == 1
                ? new Effect.Fault()
                : new Effect.Weight(-1 - random.nextInt(253));
    }
}
