// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import io.mainstay.forward.Forwarding;
import io.mainstay.forward.ListenerConfig;
import io.mainstay.forward.ServiceConfig;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.kernel.FlowProgram.ServiceKey;
import io.mainstay.net.IpAddress;
import java.util.ArrayList;
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

    /** Where its clients arrive. */
    List<ServiceKey> keys() {
        List<ServiceKey> keys = new ArrayList<>();
        for (ListenerConfig listener : config.listeners()) {
            for (int offset = 0; offset < listener.ports(); offset++) {
                keys.add(new ServiceKey(listener.transport(), listener.at(offset)));
            }
        }
        return keys;
    }

    /** The port of a backend that the data path is told; 0: the one that the client asked for. */
    int portTold(int backendPort) {
        boolean same =
                config.listeners().stream().allMatch(each -> each.endpoint().port() == backendPort);
        return same ? 0 : backendPort;
    }
}
