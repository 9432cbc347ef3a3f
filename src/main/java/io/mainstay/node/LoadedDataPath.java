// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.forward.kernel.FlowProgramSource;
import io.mainstay.kernel.FlowProgram;
import io.mainstay.kernel.linux.BpfFlowProgram;
import java.io.IOException;
import java.util.Map;

/** The data path that is shipped with the daemon. */
final class LoadedDataPath implements FlowProgramSource {

    /** Each flow has an entry for each direction. */
    private static final int DIRECTIONS = 2;

    private final BpfFlowProgram.Files files = new BpfFlowProgram.Files(
            Installation.program("mainstay-bpf"),
            Installation.library("forward.bpf.o"),
            Installation.library("fastpath.bpf.o"),
            BpfFlowProgram.DIRECTORY);
    private final int maxFlows;

    LoadedDataPath(int maxFlows) {
        this.maxFlows = maxFlows;
    }

    @Override
    public FlowProgram open() throws IOException {
        return BpfFlowProgram.open(
                files,
                Map.of("flows", TableSize.entries(maxFlows * DIRECTIONS), "client_counts", maxFlows * DIRECTIONS));
    }

    @Override
    public void unload() throws IOException {
        BpfFlowProgram.unload(files);
    }
}
