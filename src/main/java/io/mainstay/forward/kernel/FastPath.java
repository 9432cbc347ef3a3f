// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import io.mainstay.kernel.FlowProgram;
import io.mainstay.net.InterfaceName;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Which interfaces forward the packets of established flows by XDP, and why others leave all to tc.
 *
 * <p>To attach can stop an interface for a moment, so it is done when the daemon starts, when no address is held, and never
 * again: an interface that comes later waits for the next start. Used by one thread, but for {@link #interfaces}.
 */
final class FastPath {

    private static final String NOT_AT_START =
            "XDP is attached when the daemon starts, and no interface is stopped for it later";

    private final XdpWish wish;
    private final Consumer<String> problems;
    private Map<InterfaceName, String> objections = Map.of();
    private volatile Map<String, String> interfaces = Map.of();

    FastPath(XdpWish wish, Consumer<String> problems) {
        this.wish = wish;
        this.problems = problems;
    }

    /** Has these interfaces run it as far as they can, and no others. An interface that cannot is told, and goes on by tc. */
    void start(FlowProgram program, Set<InterfaceName> wanted) {
        try {
            objections = program.accelerate(wish == XdpWish.NEVER ? Set.of() : wanted, wish == XdpWish.NATIVE);
        } catch (IOException e) {
            String reason = String.valueOf(e.getMessage());
            Map<InterfaceName, String> all = new TreeMap<>();
            wanted.forEach(name -> all.put(name, reason));
            objections = all;
            problems.accept("no XDP: " + reason);
            return;
        }
        if (wish == XdpWish.NATIVE) {
            objections.forEach((name, objection) -> {
                if (!objection.isEmpty()) {
                    problems.accept("no XDP on " + name + ", tc forwards: " + objection);
                }
            });
        }
    }

    /** Notes on which interfaces the data path is now. */
    void note(Set<InterfaceName> present) {
        Map<String, String> told = new TreeMap<>();
        for (InterfaceName name : present) {
            String objection =
                    wish == XdpWish.NEVER ? "kernel_engine.xdp is never" : objections.getOrDefault(name, NOT_AT_START);
            told.put(name.value(), objection.isEmpty() ? "tc and XDP" : "tc: " + objection);
        }
        interfaces = Map.copyOf(told);
    }

    /** By interface, in words: {@code tc and XDP}, or {@code tc:} and why no more. May be called from any thread. */
    Map<String, String> interfaces() {
        return interfaces;
    }
}
