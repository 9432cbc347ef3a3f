// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import io.mainstay.net.Priority;
import java.util.Optional;

/**
 * What everything that is tracked for a virtual router comes to.
 *
 * @param effectivePriority the priority with which this node takes part; 255 if and only if that is the configured one
 * @param fault present while something has failed without which this node cannot take part
 * @param undecided what has not been looked at yet, for people; until there is none the virtual router does not start
 */
public record Tracked(Priority effectivePriority, Optional<FaultCause> fault, Optional<String> undecided) {}
