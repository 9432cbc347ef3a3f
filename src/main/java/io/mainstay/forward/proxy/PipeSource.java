// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import java.io.IOException;

/** Makes pipes. Used by one worker's thread alone. */
interface PipeSource {

    /**
     * Opens a pipe that never blocks.
     *
     * @throws IOException if there is none, or none that holds {@link BlockPool#BLOCK_SIZE}
     */
    Pipe open() throws IOException;

    /** Closes both its ends; what is in it is lost. */
    void close(Pipe pipe);
}
