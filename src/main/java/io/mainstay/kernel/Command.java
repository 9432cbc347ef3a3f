// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A program to run.
 *
 * @param words the program, by its absolute path, and its arguments; no shell is involved
 * @param environment all of its environment
 * @param timeout after which it is ended, with everything that it started
 */
public record Command(List<String> words, Map<String, String> environment, Duration timeout) {

    public Command {
        words = List.copyOf(words);
        environment = Map.copyOf(environment);
    }
}
