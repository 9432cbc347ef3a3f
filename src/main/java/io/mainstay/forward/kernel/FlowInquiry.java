// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import io.mainstay.forward.BackendKey;
import io.mainstay.forward.kernel.FlowAnswer.Choice;
import io.mainstay.forward.kernel.FlowAnswer.Known;
import io.mainstay.forward.kernel.FlowAnswer.Stage;
import io.mainstay.kernel.FlowCursor;
import io.mainstay.kernel.FlowEntry;
import io.mainstay.kernel.FlowEvent;
import io.mainstay.kernel.FlowProgram;
import io.mainstay.kernel.FlowProgram.Role;
import io.mainstay.kernel.FlowProgram.Service;
import io.mainstay.kernel.FlowProgram.ServiceKey;
import io.mainstay.kernel.FlowProgram.State;
import io.mainstay.kernel.FlowTrial;
import io.mainstay.kernel.FlowTuple;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Transport;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Asks the data path what it would do with a flow, and adds what the program does not tell: names, and how it came to its
 * choice. Used by the thread that has the model.
 */
final class FlowInquiry {

    private static final int TUPLE_OCTETS = 40;
    private static final int TCP = 6;
    private static final int UDP = 17;

    /** As BACKEND_PROBES in native/bpf/choose.h. */
    private static final int PROBES = 64;

    private final FlowProgram program;
    private final FlowTrial trial;
    private final ForwardingModel model;

    FlowInquiry(FlowProgram program, FlowTrial trial, ForwardingModel model) {
        this.program = program;
        this.trial = trial;
        this.model = model;
    }

    FlowAnswer ask(FlowTuple flow) throws KernelException {
        ServiceKey key = new ServiceKey(flow.transport(), flow.destination());
        Role role = model.role(flow.destination().address());
        FlowEntry present = program.flow(flow);
        boolean ours = role != null && role.ours();
        boolean open = present != null
                ? program.isGateOpen(present.gate())
                : role != null && ours && program.isGateOpen(role.gate());
        FlowTrial.Outcome outcome =
                trial.ask(flow, next(flow, present), open ? FlowTrial.Gates.AS_THEY_ARE : FlowTrial.Gates.ALL_OPEN);
        FlowEntry after = outcome.flow();
        boolean entered = after != null && (present == null || outcome.events().contains(FlowEvent.FLOW_REPICKED));
        BackendKey backend = after == null ? null : backendOf(after);
        Service service = model.written(key);
        return new FlowAnswer(
                flow,
                ours,
                open,
                model.serviceAt(key),
                present == null ? null : known(present),
                present == null && entered && endsHere(flow),
                outcome,
                entered,
                backend,
                entered && after != null && service != null ? choice(service, flow, after) : null);
    }

    /** A segment from the middle of a connection that nobody knows is taken over, unless it is of one that ends on this host. */
    private boolean endsHere(FlowTuple flow) throws KernelException {
        return flow.transport() == Transport.TCP
                && trial.ask(flow, FlowTrial.Packet.LATER, FlowTrial.Gates.ALL_OPEN)
                                .verdict()
                        == FlowTrial.Verdict.LEFT_TO_STACK;
    }

    /** The packet that a client sends next, as far as the state of the flow tells. */
    private static FlowTrial.Packet next(FlowTuple flow, @Nullable FlowEntry present) {
        boolean goesOn = flow.transport() == Transport.TCP
                && present != null
                && !present.isClosed()
                && (present.state() & (FlowCursor.LIVE | FlowCursor.BACKEND_SPOKE)) != 0;
        return goesOn ? FlowTrial.Packet.LATER : FlowTrial.Packet.FIRST;
    }

    private Known known(FlowEntry flow) throws KernelException {
        Stage stage = flow.isClosed()
                ? Stage.CLOSED
                : flow.isClosing() ? Stage.CLOSING : flow.embryo() ? Stage.OPENING : Stage.ESTABLISHED;
        int ticks = Math.max(program.clock().ticks() - flow.seenTick(), 0);
        return new Known(
                stage, flow.mode(), Duration.ofMillis((long) (ticks * model.millisPerTick())), backendOf(flow));
    }

    private @Nullable BackendKey backendOf(FlowEntry flow) {
        LiveSlot slot = model.slot(flow.slot(), flow.backendId());
        return slot == null ? null : slot.key();
    }

    /** The way that the program went through the table (native/bpf/choose.h); null if that does not lead where it came. */
    private @Nullable Choice choice(Service service, FlowTuple flow, FlowEntry entered) throws KernelException {
        int size = service.tableSize();
        if (size < 2) {
            return null;
        }
        long hash = model.hash().hash(octets(flow, service.persistSource()));
        int first = Integer.remainderUnsigned((int) hash, size);
        int step = 1 + Integer.remainderUnsigned((int) (hash >>> 24), size - 1);
        Set<BackendKey> steppedOver = new LinkedHashSet<>();
        int at = first;
        for (int probe = 0; probe < PROBES; probe++) {
            int index = program.tableSlot(service.tableFirst() + at);
            LiveSlot slot = model.slot(index);
            if (index == entered.slot()) {
                return new Choice(first, size, steppedOver.stream().toList());
            }
            if (slot == null || slot.state() == State.READY) {
                return null; // the states have changed between the two looks
            }
            steppedOver.add(slot.key());
            at = (at + step) % size;
        }
        return null;
    }

    /** {@code struct tuple} of native/bpf/abi.h, as it is hashed. */
    static byte[] octets(FlowTuple flow, boolean withoutPort) {
        ByteBuffer octets = ByteBuffer.allocate(TUPLE_OCTETS);
        put(octets, flow.source().address());
        put(octets, flow.destination().address());
        return octets.putShort((short) (withoutPort ? 0 : flow.source().port()))
                .putShort((short) flow.destination().port())
                .put((byte) (flow.transport() == Transport.TCP ? TCP : UDP))
                .array();
    }

    private static void put(ByteBuffer to, IpAddress address) {
        byte[] octets = address.octets();
        if (octets.length == 4) {
            to.putLong(0).putInt(0xffff);
        }
        to.put(octets);
    }
}
