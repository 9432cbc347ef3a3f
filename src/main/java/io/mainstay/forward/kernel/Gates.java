// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import io.mainstay.kernel.FlowProgram;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.IpAddress;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.IntToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Which virtual addresses are this node's at the moment, as the data path is told. One gate for each address. Safe for use by
 * several threads; waits for nothing but the kernel.
 */
final class Gates {

    /** Since when, by {@link System#nanoTime}. */
    private final Map<IpAddress, Long> held = new HashMap<>();

    private final Map<IpAddress, Integer> numbers = new HashMap<>();
    private @Nullable FlowProgram program;

    /** The data path is there: its gates are set to what holds. */
    synchronized void connect(FlowProgram loaded, Map<IpAddress, Integer> gateOfAddress) throws KernelException {
        program = loaded;
        numbers.putAll(gateOfAddress);
        for (Map.Entry<IpAddress, Integer> gate : numbers.entrySet()) {
            loaded.setGate(gate.getValue(), held.containsKey(gate.getKey()));
        }
    }

    synchronized void open(IpAddress address) throws KernelException {
        if (held.putIfAbsent(address, System.nanoTime()) == null) {
            set(address, true);
        }
    }

    synchronized void shut(IpAddress address) throws KernelException {
        if (held.remove(address) != null) {
            set(address, false);
        }
    }

    synchronized void shutAll() throws KernelException {
        for (IpAddress address : Set.copyOf(held.keySet())) {
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

    /** For how long the address behind a gate has been this node's, in milliseconds, as of now; negative: it is not. */
    synchronized IntToLongFunction termsMillis() {
        long now = System.nanoTime();
        long[] terms = new long
                [numbers.values().stream().mapToInt(Integer::intValue).max().orElse(-1) + 1];
        Arrays.fill(terms, -1);
        numbers.forEach((address, gate) -> {
            Long since = held.get(address);
            if (since != null) {
                terms[gate] = TimeUnit.NANOSECONDS.toMillis(now - since);
            }
        });
        return gate -> gate >= 0 && gate < terms.length ? terms[gate] : -1;
    }
}
