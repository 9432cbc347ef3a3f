// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel;

import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The data path, asked what it would do: a second copy of the program with the configuration of the first, and with flows,
 * counters and gates of its own. No packet leaves, and nothing of the first is changed. Used by one thread.
 */
public interface FlowTrial extends AutoCloseable {

    /** A packet that a client sends. Of UDP all are alike. */
    enum Packet {
        /** A SYN, or a datagram. */
        FIRST,
        /** A segment from the middle of a connection, without data. */
        LATER
    }

    /** Which gates count. */
    enum Gates {
        AS_THEY_ARE,
        /** As if this node were Active for every virtual address. */
        ALL_OPEN
    }

    /** What became of the packet. */
    enum Verdict {
        /** It goes up to the network stack of the host. */
        LEFT_TO_STACK,
        DROPPED,
        FORWARDED,
        /** Its sender is told that it cannot be: by a reset, or that it is too big. */
        ANSWERED
    }

    /**
     * Where packets of a flow leave.
     *
     * @param link the interface
     * @param gateway the neighbour that they are handed to
     * @param mtuOctets largest IP packet on that way; 0: not known yet
     */
    record Hop(InterfaceName link, IpAddress gateway, int mtuOctets) {}

    /**
     * Why a client would be turned away.
     *
     * @param live how many flows count, at this moment, towards the limit that would be exceeded: those of the service or of
     *     the client; 0 for other reasons
     */
    record Refused(FlowProgram.Refusal reason, int live) {}

    /**
     * What one packet met.
     *
     * @param events what was counted on the way
     * @param refused why the client is turned away; null: it is not
     * @param sent the packet that would leave, also an answer; null if none would
     * @param flow the flow that it belongs to, or has opened; null: none
     * @param hop where it would leave; null if it would not, or nobody knows
     */
    record Outcome(
            Verdict verdict,
            Set<FlowEvent> events,
            @Nullable Refused refused,
            @Nullable FlowTuple sent,
            @Nullable FlowEntry flow,
            @Nullable Hop hop) {

        public Outcome {
            events = Set.copyOf(events);
        }
    }

    /**
     * Sends a packet of a client through the copy, which is given what is known of its flow and how far the limits are used up
     * that hold for it, and no other flow but rivals for its port.
     */
    Outcome ask(FlowTuple flow, Packet packet, Gates gates) throws KernelException;

    @Override
    void close();
}
