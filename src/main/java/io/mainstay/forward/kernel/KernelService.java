// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import io.mainstay.forward.Forwarding;
import io.mainstay.forward.ServiceConfig;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.net.IpAddress;
import java.util.List;

/**
 * A service as the kernel engine sees it.
 *
 * @param lacking what it asks for beyond its configuration here that only the proxy engine has; empty: nothing
 * @param wish whether it is to be forwarded in the kernel
 * @param mode which addresses backends see
 * @param sources virtual addresses that flows to backends leave from; empty: the one that the client asked for
 */
public record KernelService(
        ServiceConfig config,
        TrafficConfig traffic,
        String lacking,
        EngineWish wish,
        Forwarding mode,
        List<IpAddress> sources) {

    public KernelService {
        sources = List.copyOf(sources);
    }
}
