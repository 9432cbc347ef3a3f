// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import io.mainstay.kernel.Detours;
import io.mainstay.kernel.FlowProgram;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.time.MonotonicInstant;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Has what backends say to clients of whom this node knows nothing go on to the node that was Active before it, for as long as
 * this one is Active: a client may be silent for hours, so that is not bounded by time, and how much goes on the data path bounds
 * itself. Any thread may call it; waits for nothing but the kernel.
 */
final class FormerActives implements Detours {

    private final Consumer<String> problems;
    private volatile @Nullable FlowProgram program;

    /** @param problems is told, for people, what the kernel refuses */
    FormerActives(Consumer<String> problems) {
        this.problems = problems;
    }

    /** The data path is there. Who was Active before an earlier daemon became so, nobody knows any more. */
    void connect(FlowProgram loaded) throws KernelException {
        for (IpAddress address : loaded.formers()) {
            loaded.removeFormer(address);
        }
        program = loaded;
    }

    @Override
    public void open(IpAddress address, InterfaceName leavesBy, IpAddress gateway, MonotonicInstant until, int credit) {
        FlowProgram loaded = program;
        if (loaded == null) {
            return;
        }
        try {
            loaded.putFormer(address, gateway, leavesBy);
        } catch (KernelException e) {
            problems.accept("kernel engine: answers that cross this takeover may be lost: " + e.getMessage());
        }
    }

    @Override
    public void close(IpAddress address) {
        FlowProgram loaded = program;
        if (loaded == null) {
            return;
        }
        try {
            loaded.removeFormer(address);
        } catch (KernelException e) {
            problems.accept("kernel engine: " + e.getMessage());
        }
    }
}
