// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.election.AuthenticationConfig;
import java.util.List;

/**
 * How the nodes of a virtual router prove to each other what they say, and where the keys come from.
 *
 * @param config what the election needs to know
 * @param files the file of each key, in the order of the keys
 */
public record AuthenticationSettings(AuthenticationConfig config, List<String> files) {

    /** Nothing is signed. */
    public static final AuthenticationSettings NONE = new AuthenticationSettings(AuthenticationConfig.NONE, List.of());

    public AuthenticationSettings {
        files = List.copyOf(files);
        if (files.size() != config.keys().size()) {
            throw new IllegalArgumentException(
                    "key files: " + files + " (expected: " + config.keys().size() + ")");
        }
    }
}
