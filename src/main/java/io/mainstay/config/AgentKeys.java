// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import static java.time.Duration.ofDays;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;

import io.mainstay.health.AgentCheckConfig;
import io.mainstay.health.Payload;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The keys below {@code agent_check} of a service. */
final class AgentKeys {

    static final Key.Scalar<Integer> PORT = Key.optional(
            "port",
            ScalarTypes.integer(0, 65535),
            0,
            "Where the agents listen, on the addresses of the backends; 0: there are none.");

    static final Key.Scalar<Duration> INTERVAL = Key.optional(
            "interval",
            ScalarTypes.duration(ofMillis(50), ofDays(1)),
            ofSeconds(10),
            "The pause between the starts of two questions.");

    static final Key.Scalar<Duration> TIMEOUT = Key.optional(
            "timeout",
            ScalarTypes.duration(ofMillis(10), ofDays(1)),
            ofSeconds(3),
            "After which an agent that has said nothing is left alone until the next time; shorter than the"
                    + " interval.");

    static final Key.Scalar<Payload> SEND = Key.optional(
            "send", CheckKeys.payload(), Payload.NONE, "What an agent is sent first, if it waits for something.");

    static final Key.Section SECTION = new Key.Section(
            "agent_check",
            List.of(PORT, INTERVAL, TIMEOUT, SEND),
            "How an agent beside each backend is asked what the backend wants: a smaller share (75%), fewer"
                    + " connections (maxconn:30), no new ones (drain, ready), or none at all (down, up). The words are"
                    + " those of HAProxy's agent check.");

    private AgentKeys() {}

    /** How agents are asked, in settings in which no mistake was found; empty: they are not. */
    static Optional<AgentCheckConfig> read(WrittenSection agent) {
        int port = ConfigBuilder.get(agent, PORT);
        return port == 0
                ? Optional.empty()
                : Optional.of(new AgentCheckConfig(
                        port,
                        ConfigBuilder.get(agent, INTERVAL),
                        ConfigBuilder.get(agent, TIMEOUT),
                        ConfigBuilder.get(agent, SEND)));
    }

    static EffectiveConfig.Tree tree(Optional<AgentCheckConfig> agent) {
        EffectiveConfig.Tree tree = new EffectiveConfig.Tree();
        agent.ifPresentOrElse(
                asked -> tree.put(PORT, asked.port())
                        .put(INTERVAL, asked.interval())
                        .put(TIMEOUT, asked.timeout())
                        .put(SEND, asked.send()),
                () -> tree.put(PORT, 0));
        return tree;
    }
}
