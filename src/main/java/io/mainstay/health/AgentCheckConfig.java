// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

import java.time.Duration;

/**
 * How the agent of a backend is asked what the backend wants, see {@link AgentReport}.
 *
 * @param port where the agent listens, on the backend's address
 * @param interval pause between the starts of two questions
 * @param timeout after which an agent that has said nothing is left alone until the next time
 * @param send what the agent is sent first; it may be nothing
 */
public record AgentCheckConfig(int port, Duration interval, Duration timeout, Payload send) {}
