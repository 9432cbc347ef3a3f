// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

/**
 * The kernel engine of a node.
 *
 * @param secret goes into the choice of backends
 * @param sourcePorts that connections to backends come from
 * @param maxFlows how many connections and UDP sessions there is room for
 * @param xdp where packets of established flows are forwarded by XDP
 */
public record KernelEngineSettings(String secret, Ports sourcePorts, int maxFlows, XdpChoice xdp) {

    /** The ports lie below those that Linux takes for connections of the host itself, which start at 32768. */
    public static final KernelEngineSettings DEFAULT =
            new KernelEngineSettings("", new Ports(10240, 32767), 131_072, XdpChoice.NEVER);

    /** A range of ports, both ends included. */
    public record Ports(int first, int last) {

        @Override
        public String toString() {
            return first + "-" + last;
        }
    }
}
