// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import io.mainstay.forward.BackendConfig;
import io.mainstay.forward.Forwarding;
import io.mainstay.kernel.FlowProgram;
import io.mainstay.kernel.FlowProgram.ServiceKey;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.Endpoint;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Of backends of mode nat: where the clients arrive that each has. Used by one thread. */
final class Fronts {

    private final FlowProgram program;
    private final Map<ServiceKey, ServiceKey> fronts;

    Fronts(FlowProgram program) throws KernelException {
        this.program = program;
        fronts = new HashMap<>(program.fronts());
    }

    /** A backend that has clients by two services is left out, as the one that it answers for does not follow from its packets. */
    void write(List<KernelService> services) throws KernelException {
        Map<ServiceKey, ServiceKey> wanted = new HashMap<>();
        Set<ServiceKey> twice = new HashSet<>();
        for (KernelService service : services) {
            if (service.mode() != Forwarding.NAT) {
                continue;
            }
            for (ServiceKey key : service.keys()) {
                for (BackendConfig backend : service.config().backends()) {
                    int port = service.portTold(backend.address().port());
                    Endpoint at = new Endpoint(
                            backend.address().address(),
                            port == 0 ? key.endpoint().port() : port);
                    ServiceKey own = new ServiceKey(key.transport(), at);
                    if (wanted.put(own, key) != null) {
                        twice.add(own);
                    }
                }
            }
        }
        wanted.keySet().removeAll(twice);
        for (ServiceKey gone : List.copyOf(fronts.keySet())) {
            if (!wanted.containsKey(gone)) {
                program.removeFront(gone);
            }
        }
        for (Map.Entry<ServiceKey, ServiceKey> each : wanted.entrySet()) {
            if (!each.getValue().equals(fronts.get(each.getKey()))) {
                program.putFront(each.getKey(), each.getValue());
            }
        }
        fronts.clear();
        fronts.putAll(wanted);
    }
}
