// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Warns, once each time, of services whose source ports go short. Used by one thread. */
final class PortWatch {

    private final Consumer<String> warnings;
    private final Set<String> warned = new HashSet<>();

    /** @param warnings gets a sentence for people, without a full stop */
    PortWatch(Consumer<String> warnings) {
        this.warnings = warnings;
    }

    /** Looks at the ports of all services, by name. */
    void look(Map<String, PortUse> uses) {
        warned.retainAll(uses.keySet());
        uses.forEach((service, use) -> {
            if (use.percent() >= PortUse.WARNING_PERCENT && warned.add(service)) {
                warnings.accept("service " + service + ": " + use.used() + " of the " + use.limit()
                        + " source ports to backend " + use.backend() + " are taken, " + use.percent()
                        + " % (expected: less than " + PortUse.WARNING_PERCENT
                        + " %; more source_addresses or a wider kernel_engine.source_ports make more)");
            } else if (use.percent() < PortUse.RELIEF_PERCENT) {
                warned.remove(service);
            }
        });
    }
}
