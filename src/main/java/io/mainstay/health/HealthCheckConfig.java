// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

import java.time.Duration;

/**
 * How a backend is checked.
 *
 * @param probe what is tried
 * @param interval pause between the starts of two checks
 * @param timeout after which a check without answer counts as failed; shorter than the interval
 * @param failures how many failures in a row make a healthy backend unhealthy, at least 1
 * @param success how many successes in a row make an unhealthy backend healthy, at least 1
 */
public record HealthCheckConfig(Probe probe, Duration interval, Duration timeout, int failures, int success) {

    /** What a check tries. */
    public sealed interface Probe {}

    /** The connection is accepted. */
    public record Tcp() implements Probe {}

    /**
     * The server answers an HTTP/1.1 GET with an expected status.
     *
     * @param path the request target, starting with a slash
     * @param host the Host header; empty: the backend's address
     * @param lowestStatus lowest status that counts as success
     * @param highestStatus highest status that counts as success
     */
    public record Http(String path, String host, int lowestStatus, int highestStatus) implements Probe {}
}
