// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PortWatchTest {

    private final List<String> warnings = new ArrayList<>();
    private final PortWatch watch = new PortWatch(warnings::add);

    private void look(long used) {
        watch.look(Map.of("http", new PortUse(used, 1000, 1, "web1")));
    }

    @Test
    void itWarnsOnceAndAgainOnlyAfterRelief() {
        look(799);
        assertThat(warnings).isEmpty();
        look(800);
        look(900);
        look(750);
        look(850);
        assertThat(warnings)
                .containsExactly(
                        "service http: 800 of the 1000 source ports to backend web1 are taken, 80 % (expected: less"
                                + " than 80 %; more source_addresses or a wider kernel_engine.source_ports make more)");
        look(699);
        look(801);
        assertThat(warnings).hasSize(2);
    }

    @Test
    void aServiceThatHasGoneIsForgotten() {
        look(900);
        watch.look(Map.of());
        look(900);
        assertThat(warnings).hasSize(2);
    }

    @Test
    void withoutPortsThereIsNothingToWarnOf() {
        watch.look(Map.of("http", new PortUse(0, 0, 0, "")));
        assertThat(warnings).isEmpty();
    }
}
