// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import io.mainstay.forward.Forwarding;
import io.mainstay.kernel.FlowProgram;
import io.mainstay.kernel.FlowProgram.Role;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.IpAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What addresses are to the data path, and behind which gate each of ours is. Used by one thread. */
final class Roles {

    private final KernelSettings settings;
    private final FlowProgram program;
    private final Map<IpAddress, Role> roles;
    private final Map<IpAddress, Integer> gates;

    Roles(KernelSettings settings, FlowProgram program) throws KernelException {
        this.settings = settings;
        this.program = program;
        roles = new HashMap<>(program.addresses());
        gates = assignGates();
    }

    /** Which gate each virtual address has: the one that it had, as live flows know it by its number. */
    Map<IpAddress, Integer> gates() {
        return gates;
    }

    private Map<IpAddress, Integer> assignGates() {
        Map<IpAddress, Integer> assigned = new LinkedHashMap<>();
        Set<Integer> taken = new HashSet<>();
        for (IpAddress address : settings.virtualAddresses()) {
            Role role = roles.get(address);
            if (role != null && role.ours() && taken.add(role.gate())) {
                assigned.put(address, role.gate());
            }
        }
        int next = 0;
        for (IpAddress address : settings.virtualAddresses()) {
            if (!assigned.containsKey(address)) {
                while (!taken.add(next)) {
                    next++;
                }
                assigned.put(address, next);
            }
        }
        return assigned;
    }

    /** What an address is to the data path; null: nothing. */
    @Nullable
    Role of(IpAddress address) {
        return roles.get(address);
    }

    /** Whether some backend sees the addresses of its clients, and answers through this node. */
    boolean hasBackend() {
        return roles.values().stream().anyMatch(Role::backend);
    }

    /**
     * Has the data path know the addresses of these services.
     *
     * @param slots backends that have flows or may get some
     */
    void write(List<KernelService> services, Iterable<LiveSlot> slots) throws KernelException {
        Set<IpAddress> sourcesInUse = new HashSet<>();
        Map<IpAddress, Role> wanted = new HashMap<>();
        for (KernelService service : services) {
            if (service.mode() != Forwarding.DSR) {
                sourcesInUse.addAll(Suitability.sourcesOf(service));
            }
            if (service.mode() == Forwarding.NAT) {
                service.config()
                        .backends()
                        .forEach(backend -> wanted.put(backend.address().address(), new Role(false, true, 0, 0, 0)));
            }
        }
        for (Map.Entry<IpAddress, Integer> gate : gates.entrySet()) {
            boolean source = sourcesInUse.contains(gate.getKey());
            wanted.put(
                    gate.getKey(),
                    new Role(
                            true,
                            false,
                            gate.getValue(),
                            source ? settings.sourcePorts().first() : 0,
                            source ? settings.sourcePorts().size() : 0));
        }
        // Flows of a service or backend that has just gone may go on.
        for (LiveSlot slot : slots) {
            IpAddress address = slot.key().address().address();
            Role role = roles.get(address);
            if (role != null && role.backend()) {
                wanted.putIfAbsent(address, role);
            }
        }
        program.setFilter(wanted.keySet());
        for (Map.Entry<IpAddress, Role> each : wanted.entrySet()) {
            if (!each.getValue().equals(roles.get(each.getKey()))) {
                program.putAddress(each.getKey(), each.getValue());
            }
        }
        for (IpAddress address : roles.keySet()) {
            if (!wanted.containsKey(address)) {
                program.removeAddress(address);
            }
        }
        roles.clear();
        roles.putAll(wanted);
    }
}
