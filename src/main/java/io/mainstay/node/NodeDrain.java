// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.config.MainstayConfig;
import io.mainstay.config.ServiceSettings;
import io.mainstay.control.BackendChangeRequest.Change;
import io.mainstay.control.ControlHandler;
import io.mainstay.control.NodeDrainOutcome;
import io.mainstay.control.NodeDrainRequest;
import io.mainstay.control.ServiceChangeOutcome;
import io.mainstay.control.ServiceChangeRequest;
import io.mainstay.control.SwitchoverOutcome;
import io.mainstay.control.SwitchoverRequest;
import io.mainstay.forward.ServiceConfig;
import io.mainstay.net.IpAddress;
import io.mainstay.net.VirtualAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;

/**
 * Makes a node dispensable by what can be asked of its parts: first the virtual routers are handed over, then the services on
 * other addresses are drained. Stateless.
 */
final class NodeDrain {

    private final ControlHandler parts;

    /** @param parts what switches over and drains */
    NodeDrain(ControlHandler parts) {
        this.parts = parts;
    }

    /** @param anyActive whether a virtual router is Active here, so that there is something to hand over */
    CompletionStage<NodeDrainOutcome> drain(NodeDrainRequest request, boolean anyActive) {
        CompletionStage<List<SwitchoverOutcome>> handedOver = anyActive
                ? parts.switchover(new SwitchoverRequest(Optional.empty(), true, SwitchoverRequest.DEFAULT_TIMEOUT))
                : CompletableFuture.completedStage(List.of());
        return handedOver.thenCompose(routers -> {
            NodeDrainOutcome first = new NodeDrainOutcome(routers, List.of());
            return first.handedOver()
                    ? change(routers, Change.DRAIN, request.timeout(), request.untilDone())
                    : CompletableFuture.completedStage(first);
        });
    }

    CompletionStage<NodeDrainOutcome> ready() {
        return change(List.of(), Change.READY, Optional.empty(), false);
    }

    private CompletionStage<NodeDrainOutcome> change(
            List<SwitchoverOutcome> routers, Change change, Optional<Duration> timeout, boolean untilDone) {
        CompletionStage<List<ServiceChangeOutcome>> services = CompletableFuture.completedStage(List.of());
        for (String service : ofThisNodeAlone(parts.config())) {
            services = services.thenCombine(
                    parts.changeService(new ServiceChangeRequest(service, change, timeout, untilDone)),
                    NodeDrain::with);
        }
        return services.thenApply(outcomes -> new NodeDrainOutcome(routers, outcomes));
    }

    private static List<ServiceChangeOutcome> with(List<ServiceChangeOutcome> outcomes, ServiceChangeOutcome one) {
        List<ServiceChangeOutcome> more = new ArrayList<>(outcomes);
        more.add(one);
        return more;
    }

    /** The services that have no listener on an address which moves. */
    private static List<String> ofThisNodeAlone(MainstayConfig config) {
        Set<IpAddress> moving = config.virtualRouters().stream()
                .flatMap(router -> router.router().addresses().stream())
                .map(VirtualAddress::address)
                .collect(Collectors.toSet());
        return config.services().stream()
                .map(ServiceSettings::service)
                .filter(service -> service.listeners().stream()
                        .noneMatch(
                                listener -> moving.contains(listener.endpoint().address())))
                .map(ServiceConfig::name)
                .toList();
    }
}
