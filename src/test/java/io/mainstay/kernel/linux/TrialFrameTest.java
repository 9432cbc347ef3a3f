// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.kernel.FlowTrial.Packet;
import io.mainstay.kernel.FlowTuple;
import io.mainstay.net.Endpoint;
import io.mainstay.net.InternetChecksum;
import io.mainstay.net.MacAddress;
import io.mainstay.net.Transport;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class TrialFrameTest {

    private static final MacAddress MAC = new MacAddress(1);

    @Test
    void aFrameIsReadBackAsItWasWritten() {
        for (String source : List.of("198.18.9.7:40000", "[2001:db8::7]:40000")) {
            for (Transport transport : Transport.values()) {
                for (Packet packet : Packet.values()) {
                    FlowTuple flow = new FlowTuple(transport, Endpoint.parse(source), Endpoint.parse(source));
                    assertThat(TrialFrame.read(TrialFrame.write(flow, packet, MAC)))
                            .isEqualTo(flow);
                }
            }
        }
    }

    @Test
    void checksumsAreRight() {
        FlowTuple flow =
                new FlowTuple(Transport.TCP, Endpoint.parse("198.18.9.7:40000"), Endpoint.parse("198.18.0.100:443"));
        byte[] frame = TrialFrame.write(flow, Packet.FIRST, MAC);
        assertThat(InternetChecksum.verifies(InternetChecksum.sum(frame, 14, 20)))
                .isTrue();
        assertThat(InternetChecksum.verifies(InternetChecksum.sumOfPseudoHeader(
                                flow.source().address(), flow.destination().address(), 6, 20)
                        + InternetChecksum.sum(frame, 34, 20)))
                .isTrue();
    }

    @Test
    void whatHasNoPortsIsNoFlow() {
        assertThat(TrialFrame.read(new byte[20])).isNull();
        byte[] icmp = TrialFrame.write(
                new FlowTuple(Transport.UDP, Endpoint.parse("198.18.9.7:1"), Endpoint.parse("198.18.0.100:2")),
                Packet.FIRST,
                MAC);
        icmp[14 + 9] = 1;
        assertThat(TrialFrame.read(Arrays.copyOf(icmp, icmp.length))).isNull();
    }
}
