// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.forward.Forwarding;
import io.mainstay.net.IpAddress;
import java.util.List;

/**
 * How a service is forwarded.
 *
 * @param choice which engine is to
 * @param forwarding which addresses backends see, if the kernel engine does
 * @param sourceAddresses virtual addresses that connections to backends come from then; empty: the one asked for
 */
public record EngineSettings(EngineChoice choice, Forwarding forwarding, List<IpAddress> sourceAddresses) {

    public static final EngineSettings DEFAULT = new EngineSettings(EngineChoice.AUTO, Forwarding.FULL_NAT, List.of());

    public EngineSettings {
        sourceAddresses = List.copyOf(sourceAddresses);
    }
}
