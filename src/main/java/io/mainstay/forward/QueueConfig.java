// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import java.time.Duration;

/**
 * What becomes of a client that finds every backend full.
 *
 * @param length how many may wait for a backend; 0: none, who finds all full is refused
 * @param timeout how long one waits at most
 */
public record QueueConfig(int length, Duration timeout) {

    public static final QueueConfig NONE = new QueueConfig(0, Duration.ofSeconds(5));

    public QueueConfig {
        if (length < 0) {
            throw new IllegalArgumentException("queue length: " + length + " (expected: 0 or more)");
        }
    }
}
