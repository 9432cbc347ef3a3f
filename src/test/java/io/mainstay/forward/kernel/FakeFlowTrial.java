// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import io.mainstay.kernel.FlowEntry;
import io.mainstay.kernel.FlowEvent;
import io.mainstay.kernel.FlowProgram.Mode;
import io.mainstay.kernel.FlowProgram.Refusal;
import io.mainstay.kernel.FlowTrial;
import io.mainstay.kernel.FlowTuple;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Answers as a test wants it, and remembers what it was asked. */
final class FakeFlowTrial implements FlowTrial {

    record Asked(FlowTuple flow, Packet packet, Gates gates) {}

    final List<Asked> asked = new ArrayList<>();

    /** Of a packet from the middle of a connection; null: as of others. */
    @Nullable
    Outcome later;

    Function<FlowTuple, Outcome> answer = flow -> leftToStack();

    static Outcome leftToStack() {
        return new Outcome(Verdict.LEFT_TO_STACK, Set.of(), null, null, null, null);
    }

    static Outcome refused(Verdict verdict, FlowEvent... events) {
        return new Outcome(verdict, Set.of(events), null, null, null, null);
    }

    static Outcome turnedAway(Verdict verdict, Refusal reason, int live) {
        return new Outcome(verdict, Set.of(FlowEvent.DROP_REFUSED), new Refused(reason, live), null, null, null);
    }

    static Outcome forwarded(FlowTuple sent, int slot, int id, FlowEvent... events) {
        return new Outcome(
                Verdict.FORWARDED,
                Set.of(events),
                null,
                sent,
                entry(true, slot, id, 0),
                new Hop(new InterfaceName("eth1"), IpAddress.parse("198.18.0.11"), 1500));
    }

    static FlowEntry entry(boolean embryo, int slot, int id, int state) {
        return new FlowEntry(embryo, Mode.FULL_NAT, slot, id, state, 0, 0);
    }

    @Override
    public Outcome ask(FlowTuple flow, Packet packet, Gates gates) {
        asked.add(new Asked(flow, packet, gates));
        Outcome other = later;
        return packet == Packet.LATER && other != null ? other : answer.apply(flow);
    }

    @Override
    public void close() {}
}
