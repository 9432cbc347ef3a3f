// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.net.InterfaceName;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FastPathTest {

    private static final InterfaceName ETH0 = new InterfaceName("eth0");
    private static final InterfaceName ETH1 = new InterfaceName("eth1");

    private final FakeFlowProgram program = new FakeFlowProgram();
    private final List<String> problems = new ArrayList<>();

    private Map<String, String> started(XdpWish wish) {
        FastPath path = new FastPath(wish, problems::add);
        path.start(program, Set.of(ETH0, ETH1));
        path.note(Set.of(ETH0, ETH1));
        return path.interfaces();
    }

    @Test
    void whereItIsNotAskedForWhatIsAttachedIsTakenOff() {
        program.accelerated = Set.of(ETH0);
        assertThat(started(XdpWish.NEVER))
                .isEqualTo(Map.of("eth0", "tc: kernel_engine.xdp is never", "eth1", "tc: kernel_engine.xdp is never"));
        assertThat(program.accelerated).isEmpty();
        assertThat(problems).isEmpty();
    }

    @Test
    void whatRefusesIsToldAndGoesOnByTc() {
        program.objections.put(ETH1, "the driver has none");
        assertThat(started(XdpWish.NATIVE)).isEqualTo(Map.of("eth0", "tc and XDP", "eth1", "tc: the driver has none"));
        assertThat(program.whateverTheyAre).isTrue();
        assertThat(problems).containsExactly("no XDP on eth1, tc forwards: the driver has none");
    }

    @Test
    void whereItWasLeftToUsARefusalIsNoProblem() {
        program.objections.put(ETH1, "this is a veth");
        assertThat(started(XdpWish.AUTO)).containsEntry("eth1", "tc: this is a veth");
        assertThat(program.whateverTheyAre).isFalse();
        assertThat(problems).isEmpty();
    }

    @Test
    void aKernelThatRefusesTheProgramIsAProblem() {
        program.accelerationRefused = "load: verifier";
        assertThat(started(XdpWish.AUTO)).isEqualTo(Map.of("eth0", "tc: load: verifier", "eth1", "tc: load: verifier"));
        assertThat(problems).containsExactly("no XDP: load: verifier");
    }

    @Test
    void anInterfaceThatComesLaterIsNotStopped() {
        FastPath path = new FastPath(XdpWish.NATIVE, problems::add);
        path.start(program, Set.of(ETH0));
        path.note(Set.of(ETH0, ETH1));
        assertThat(path.interfaces()).containsEntry("eth0", "tc and XDP");
        assertThat(path.interfaces().get("eth1")).startsWith("tc: XDP is attached when the daemon starts");
        assertThat(program.accelerated).containsExactly(ETH0);
    }
}
