// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import io.mainstay.forward.BackendView;
import io.mainstay.forward.MaglevTable;
import io.mainstay.kernel.Errno;
import io.mainstay.kernel.FlowProgram;
import io.mainstay.kernel.FlowProgram.Service;
import io.mainstay.kernel.FlowProgram.State;
import io.mainstay.kernel.KernelException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The part of the data path's tables that each service has: the slots of its backends, by Maglev. One that changes is written
 * elsewhere, and the former given back only when no packet can be on its way through it. Used by one thread.
 */
final class ServiceTables {

    /** With more of a table not ready, the data path would probe long for one that is (native/bpf/choose.h). */
    private static final double MOST_NOT_READY = 0.8;

    private final FlowProgram program;
    private final TableSpace space;
    private final Map<String, Part> parts = new HashMap<>();
    private final List<Integer> outgoing = new ArrayList<>();

    /** What a part is made of. */
    private record Recipe(String seed, List<String> names, List<Integer> weights, List<Integer> slots) {}

    /** Places {@code first} to {@code first + size - 1}. */
    record Part(int first, int size, Recipe recipe) {}

    /** @param inUse services whose parts are there already */
    ServiceTables(FlowProgram program, Collection<Service> inUse) {
        this.program = program;
        space = new TableSpace(program.room().tables());
        inUse.forEach(service -> space.occupy(service.tableFirst(), service.tableSize()));
    }

    /** Frees what the last changes left behind. */
    void giveBackOutgoing() {
        outgoing.forEach(space::giveBack);
        outgoing.clear();
    }

    /** Leaves the parts of all services but these behind. */
    void keep(Set<String> services) {
        parts.entrySet().removeIf(part -> {
            boolean gone = !services.contains(part.getKey());
            if (gone) {
                leave(part.getValue());
            }
            return gone;
        });
    }

    /** One without places is nowhere, and what stands at the place that it names is another's. */
    private void leave(Part part) {
        if (part.size() > 0) {
            outgoing.add(part.first());
        }
    }

    /**
     * The part of the tables that belongs to a service, written anew elsewhere if other backends are to be in it.
     *
     * @param slots of its backends
     */
    Part write(KernelService service, List<LiveSlot> slots) throws KernelException {
        String name = service.config().name();
        Part present = parts.get(name);
        Recipe recipe = recipe(service, slots);
        if (present != null && present.recipe().equals(recipe)) {
            return present;
        }
        int members = recipe.names().size();
        int size = MaglevTable.leastSize(members);
        int[] weights = recipe.weights().stream().mapToInt(Integer::intValue).toArray();
        short[] shares = MaglevTable.of(recipe.seed(), recipe.names(), weights, size);
        int[] content = new int[shares.length];
        for (int i = 0; i < content.length; i++) {
            content[i] = recipe.slots().get(shares[i]);
        }
        int first = content.length == 0 ? 0 : space.take(size);
        if (first < 0) {
            throw new KernelException("table of service " + name + ", of " + size + " entries", Errno.ENOMEM.number());
        }
        if (content.length > 0) {
            put(first, content);
        }
        if (present != null) {
            leave(present);
        }
        Part part = new Part(first, content.length, recipe);
        parts.put(name, part);
        return part;
    }

    /** What the kernel refuses leaves its space to the next try. */
    private void put(int first, int[] content) throws KernelException {
        try {
            program.putTable(first, content);
        } catch (KernelException e) {
            space.giveBack(first);
            throw e;
        }
    }

    /** By name, so that nodes whose configurations list the backends in another order choose alike. */
    private static Recipe recipe(KernelService service, List<LiveSlot> slots) {
        List<LiveSlot> members = new ArrayList<>();
        int weight = 0;
        int ready = 0;
        for (LiveSlot slot : slots) {
            BackendView view = slot.view();
            if (view != null && view.weight() > 0) {
                members.add(slot);
                weight += view.weight();
                ready += view.serving() ? view.weight() : 0;
            }
        }
        if (ready > 0 && ready < weight * (1 - MOST_NOT_READY)) {
            members.removeIf(slot -> slot.wanted() != State.READY);
        }
        members.sort(Comparator.comparing((LiveSlot slot) -> slot.key().backend())
                .thenComparing(slot -> slot.key().address().toString()));
        return new Recipe(
                service.config().selection().hash().seed(),
                members.stream().map(slot -> slot.key().backend()).toList(),
                members.stream().map(ServiceTables::weight).toList(),
                members.stream().map(LiveSlot::index).toList());
    }

    private static int weight(LiveSlot slot) {
        BackendView view = slot.view();
        return view == null ? 0 : view.weight();
    }
}
