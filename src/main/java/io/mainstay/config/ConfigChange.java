// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

/**
 * One difference between two configurations.
 *
 * @param kind whether something came, went or became something else
 * @param path the key with the names of its entries, such as {@code services[https].backends[web1].weight}
 * @param before what stood there; empty if nothing did, or if a whole entry went
 * @param after what stands there; empty if nothing does, or if a whole entry came
 * @param needsRestart whether a running daemon cannot take the change over
 */
public record ConfigChange(Kind kind, String path, String before, String after, boolean needsRestart) {

    /** What became of a key or an entry. */
    public enum Kind {
        ADDED,
        REMOVED,
        CHANGED
    }

    /** The line for people: {@code ~ services[https].drain_timeout: 60s -> 2m}. */
    @Override
    public String toString() {
        return switch (kind) {
            case ADDED -> "+ " + path + (after.isEmpty() ? "" : ": " + after);
            case REMOVED -> "- " + path + (before.isEmpty() ? "" : ": " + before);
            case CHANGED -> "~ " + path + ": " + before + " -> " + after;
        };
    }
}
