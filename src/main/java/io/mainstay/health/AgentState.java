// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

/**
 * What a backend's agent has asked for so far; it holds until the agent says otherwise. An agent that cannot be reached
 * changes nothing: the checks tell whether the backend serves.
 *
 * @param percent the share it wants of its configured weight, 0 to 100
 * @param maxConnections how many connections it wants at the same time; 0: no limit of its own
 * @param draining whether it wants no new connections
 * @param down whether it says that it cannot serve
 * @param description what its last answer said for people
 */
public record AgentState(int percent, int maxConnections, boolean draining, boolean down, String description) {

    /** Before an agent has said anything. */
    public static final AgentState INITIAL = new AgentState(100, 0, false, false, "");

    public AgentState after(AgentReport report) {
        return new AgentState(
                report.percent().orElse(percent),
                report.maxConnections().orElse(maxConnections),
                switch (report.admin()) {
                    case NOT_SAID -> draining;
                    case READY -> false;
                    case DRAIN -> true;
                },
                switch (report.service()) {
                    case NOT_SAID -> down;
                    case UP -> false;
                    case DOWN -> true;
                },
                report.description());
    }
}
