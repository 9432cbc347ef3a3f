// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import io.mainstay.kernel.FlowProgram;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.IpAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which virtual addresses are this node's at the moment, as the data path is told. One gate for each address. Safe for use by
 * several threads; waits for nothing but the kernel.
 */
final class Gates {

    private final Set<IpAddress> held = new HashSet<>();
    private final Map<IpAddress, Integer> numbers = new HashMap<>();
    private @Nullable FlowProgram program;

    /** The data path is there: its gates are set to what holds. */
    synchronized void connect(FlowProgram loaded, Map<IpAddress, Integer> gateOfAddress) throws KernelException {
        program = loaded;
        numbers.putAll(gateOfAddress);
        for (Map.Entry<IpAddress, Integer> gate : numbers.entrySet()) {
            loaded.setGate(gate.getValue(), held.contains(gate.getKey()));
        }
    }

    synchronized void open(IpAddress address) throws KernelException {
        if (held.add(address)) {
            set(address, true);
        }
    }

    synchronized void shut(IpAddress address) throws KernelException {
        if (held.remove(address)) {
            set(address, false);
        }
    }

    synchronized void shutAll() throws KernelException {
        for (IpAddress address : Set.copyOf(held)) {
            shut(address);
        }
    }

    private void set(IpAddress address, boolean open) throws KernelException {
        FlowProgram loaded = program;
        Integer number = numbers.get(address);
        if (loaded != null && number != null) {
            loaded.setGate(number, open);
        }
    }

    synchronized boolean isOpen(int gate) {
        for (IpAddress address : held) {
            Integer number = numbers.get(address);
            if (number != null && number == gate) {
                return true;
            }
        }
        return false;
    }
}
