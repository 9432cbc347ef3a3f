// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import io.mainstay.kernel.FlowTuple;
import io.mainstay.net.Endpoint;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Transport;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * A flow that somebody asks about.
 *
 * @param client where it comes from
 * @param port of the client; empty: several are to be tried
 * @param destination where it arrives
 */
public record FlowQuestion(Transport transport, IpAddress client, OptionalInt port, Endpoint destination) {

    /** Spread over the ports that Linux gives its clients, 32768 to 60999. */
    private static final int SAMPLES = 256;

    private static final int FIRST_SAMPLE = 32768;
    private static final int SAMPLE_STEP = 110;

    boolean hasPort() {
        return port.isPresent();
    }

    FlowTuple flow() {
        return from(port.orElseThrow());
    }

    List<FlowTuple> samples() {
        return IntStream.range(0, SAMPLES)
                .mapToObj(i -> from(FIRST_SAMPLE + i * SAMPLE_STEP))
                .toList();
    }

    private FlowTuple from(int clientPort) {
        return new FlowTuple(transport, new Endpoint(client, clientPort), destination);
    }
}
