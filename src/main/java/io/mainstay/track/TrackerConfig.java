// SPDX-License-Identifier: Apache-2.0
package io.mainstay.track;

import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** One tracker as the operator wants it. */
public sealed interface TrackerConfig {

    TrackerId id();

    Pace pace();

    Effect effect();

    /**
     * An interface that has to be there, administratively up, and with carrier.
     *
     * @param address whether it also needs an address of its own, neither a virtual nor a link-local one
     */
    record InterfaceTracker(InterfaceName name, boolean address, Pace pace, Effect effect) implements TrackerConfig {

        @Override
        public TrackerId id() {
            return new TrackerId(TrackerId.Kind.INTERFACE, name.value());
        }
    }

    /**
     * Neighbours of which one at least has to answer, such as the gateway and the peer: without any the node is cut off.
     *
     * @param interfaceName on whose network they are
     * @param addresses theirs; at least one
     */
    record NeighbourTracker(
            String name, InterfaceName interfaceName, List<IpAddress> addresses, Pace pace, Effect effect)
            implements TrackerConfig {

        public NeighbourTracker {
            addresses = List.copyOf(addresses);
        }

        @Override
        public TrackerId id() {
            return new TrackerId(TrackerId.Kind.NEIGHBOURS, name);
        }
    }

    /**
     * A program that has to end with status 0.
     *
     * @param command the program, by its absolute path, and its arguments; no shell is involved
     * @param timeout after which it is killed and has failed; shorter than the interval
     */
    record ScriptTracker(String name, List<String> command, Duration timeout, Pace pace, Effect effect)
            implements TrackerConfig {

        public ScriptTracker {
            command = List.copyOf(command);
        }

        @Override
        public TrackerId id() {
            return new TrackerId(TrackerId.Kind.SCRIPT, name);
        }
    }

    /**
     * A process that has to run.
     *
     * @param name the name of its program, or, with a pid file, just what people call it
     * @param pidFile the absolute path of the file that holds its number
     */
    record ProcessTracker(String name, Optional<String> pidFile, Pace pace, Effect effect) implements TrackerConfig {

        @Override
        public TrackerId id() {
            return new TrackerId(TrackerId.Kind.PROCESS, name);
        }
    }

    /**
     * A file that has to be there; with {@link Effect.Stated} one that may hold a weight, or the word {@code fault}.
     *
     * @param path its absolute path
     */
    record FileTracker(String path, Pace pace, Effect effect) implements TrackerConfig {

        @Override
        public TrackerId id() {
            return new TrackerId(TrackerId.Kind.FILE, path);
        }
    }

    /** A service that has to have enough healthy backends; its own health checks set the pace. */
    record ServiceTracker(String name, Effect effect) implements TrackerConfig {

        private static final Pace PACE = new Pace(Duration.ofSeconds(1), 1, 1);

        @Override
        public TrackerId id() {
            return new TrackerId(TrackerId.Kind.SERVICE, name);
        }

        @Override
        public Pace pace() {
            return PACE;
        }
    }
}
