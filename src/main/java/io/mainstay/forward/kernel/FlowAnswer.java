// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import io.mainstay.forward.BackendKey;
import io.mainstay.kernel.FlowProgram.Mode;
import io.mainstay.kernel.FlowTrial;
import io.mainstay.kernel.FlowTuple;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the data path would do with the next packet of a flow, and what led to it.
 *
 * @param flow as its packets arrive from the client
 * @param ours whether its destination is an address of ours to the data path
 * @param gateOpen whether that address counts now, which it does on the Active
 * @param service the service of the kernel engine there; null: none
 * @param known what is known of the flow; null: nothing
 * @param endsHere whether a connection with these addresses and ports ends on this host, as one of the proxy engine does
 * @param outcome what became of the packet; with all gates open if {@code gateOpen} is false
 * @param entered whether that would enter a new flow
 * @param backend where it would go; null: nowhere, or to one that has gone
 * @param choice how that was chosen; null: it was not, or nobody can say
 */
record FlowAnswer(
        FlowTuple flow,
        boolean ours,
        boolean gateOpen,
        @Nullable KernelService service,
        @Nullable Known known,
        boolean endsHere,
        FlowTrial.Outcome outcome,
        boolean entered,
        @Nullable BackendKey backend,
        @Nullable Choice choice) {

    /** How far a flow has come. */
    enum Stage {
        /** Both ends have not spoken yet. */
        OPENING,
        ESTABLISHED,
        /** One end is done. */
        CLOSING,
        /** Its ports are kept for a while. */
        CLOSED
    }

    /**
     * A flow of the table.
     *
     * @param mode how its packets are changed
     * @param silence since the last packet of either direction
     * @param backend where it goes; null: that one has gone
     */
    record Known(
            Stage stage,
            Mode mode,
            Duration silence,
            @Nullable BackendKey backend) {}

    /**
     * How a backend was found in the table of its service.
     *
     * @param place on which the hash fell
     * @param size how many places there are
     * @param steppedOver backends that stood first and take no new flows, each once, in order
     */
    record Choice(int place, int size, List<BackendKey> steppedOver) {

        Choice {
            steppedOver = List.copyOf(steppedOver);
        }
    }

    /** Whether the packet would reach a backend as things are. */
    boolean forwarded() {
        return gateOpen && outcome.verdict() == FlowTrial.Verdict.FORWARDED;
    }
}
