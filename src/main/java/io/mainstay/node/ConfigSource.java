// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.config.ConfigFile;
import io.mainstay.config.ConfigResult;
import io.mainstay.config.HostFacts;
import java.nio.file.Path;

/**
 * Where the configuration comes from, now and at each reload.
 *
 * @param file the file
 * @param runDirectory where the control socket stands unless configured
 */
record ConfigSource(Path file, Path runDirectory) {

    ConfigResult load() {
        return ConfigFile.load(file, HostFacts.ofThisMachine().withRunDirectory(runDirectory));
    }
}
