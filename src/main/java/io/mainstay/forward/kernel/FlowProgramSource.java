// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import io.mainstay.kernel.FlowProgram;
import java.io.IOException;

/** Where the data path comes from. */
public interface FlowProgramSource {

    /**
     * Loads it, or opens what is loaded.
     *
     * @throws IOException with the reason why this host cannot have it
     */
    FlowProgram open() throws IOException;

    /** Takes what an earlier life of the daemon has left out of the kernel, if there is anything. */
    void unload() throws IOException;
}
