// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.control.FlowExplanation;
import io.mainstay.control.FlowExplanationRequest;
import io.mainstay.forward.BackendState;
import io.mainstay.forward.ListenerConfig;
import io.mainstay.forward.Tier;
import io.mainstay.forward.proxy.BackendSnapshot;
import io.mainstay.forward.proxy.ProxySnapshot;
import io.mainstay.forward.proxy.ServiceSnapshot;
import io.mainstay.observe.ServiceStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** What the proxy engine would do with a flow, as far as that can be told before it is accepted. */
final class ProxyFlows {

    private ProxyFlows() {}

    /** The service whose listener has the destination; empty: none. */
    static Optional<ServiceSnapshot> serviceOf(ProxySnapshot proxy, FlowExplanationRequest request) {
        return proxy.services().stream()
                .filter(service -> service.listeners().stream().anyMatch(each -> takes(each, request)))
                .findFirst();
    }

    private static boolean takes(ListenerConfig listener, FlowExplanationRequest request) {
        int port = request.destination().port();
        return listener.transport() == request.transport()
                && listener.endpoint().port() <= port
                && port <= listener.lastPort()
                && (listener.endpoint().address().isUnspecified()
                        || listener.endpoint()
                                .address()
                                .equals(request.destination().address()));
    }

    /**
     * Tells what becomes of it.
     *
     * @param kept the backend that persistence keeps for this client; empty: none
     * @param reason why this engine runs it; empty: nothing is to be said
     */
    static FlowExplanation explain(
            ServiceSnapshot service, FlowExplanationRequest request, Optional<String> kept, String reason) {
        ServiceStatus.State state = ServiceStatuses.state(service);
        List<String> sentences = new ArrayList<>();
        sentences.add("Service " + service.name() + " is run by the proxy engine"
                + (reason.isEmpty() ? "." : ": " + reason + "."));
        List<BackendSnapshot> able = able(service);
        boolean anybody = service.tier() != Tier.NONE
                && !able.isEmpty()
                && state != ServiceStatus.State.MAINTENANCE
                && state != ServiceStatus.State.DRAINING;
        if (!service.open()) {
            sentences.add("This node does not serve " + request.destination().address()
                    + " now: its listener takes nobody. The rest is what it would do once it is Active.");
        }
        if (!anybody) {
            sentences.add(
                    state == ServiceStatus.State.DRAINING || state == ServiceStatus.State.MAINTENANCE
                            ? "An operator has taken the service out: new connections are refused."
                            : "No backend takes new connections: they are refused.");
        } else {
            choice(service, able, kept, sentences);
        }
        return new FlowExplanation(
                request.source(),
                request.listener(),
                service.name(),
                "proxy",
                "",
                service.open(),
                service.open() && anybody,
                anybody ? "accepted" : "refused",
                "",
                "",
                anybody ? decided(able, kept).orElse("") : "",
                "",
                "",
                Map.of(),
                sentences);
    }

    private static Optional<String> decided(List<BackendSnapshot> able, Optional<String> kept) {
        Optional<String> keptOne =
                kept.filter(name -> able.stream().anyMatch(each -> each.name().equals(name)));
        return keptOne.or(() -> able.size() == 1 ? Optional.of(able.getFirst().name()) : Optional.empty());
    }

    private static void choice(
            ServiceSnapshot service, List<BackendSnapshot> able, Optional<String> kept, List<String> sentences) {
        Optional<String> decided = decided(able, kept);
        if (decided.isPresent()) {
            sentences.add(
                    kept.equals(decided)
                            ? "Persistence keeps backend " + decided.get() + " for this client."
                            : "It goes to " + decided.get() + ", the only backend that takes new connections.");
        } else {
            sentences.add("The backend is chosen by " + service.balance().name().toLowerCase(Locale.ROOT)
                    + " when the connection is accepted, among "
                    + able.stream().map(BackendSnapshot::name).collect(Collectors.joining(", "))
                    + ": which one is not known before.");
        }
        List<String> out = service.backends().stream()
                .filter(each -> !able.contains(each))
                .map(each -> each.name() + " ("
                        + ServiceStatuses.state(each.state()).name().toLowerCase(Locale.ROOT)
                        + (each.backup() && each.state() == BackendState.HEALTHY ? ", a backup" : "") + ")")
                .toList();
        if (!out.isEmpty()) {
            sentences.add("It does not go to " + String.join(", ", out) + ".");
        }
    }

    /** The backends that may get a new connection. */
    private static List<BackendSnapshot> able(ServiceSnapshot service) {
        return service.backends().stream()
                .filter(each -> switch (service.tier()) {
                    case HEALTHY -> each.state() == BackendState.HEALTHY && !each.backup();
                    case BACKUP -> each.state() == BackendState.HEALTHY && each.backup();
                    case ALL ->
                        !each.backup()
                                && (each.state() == BackendState.HEALTHY || each.state() == BackendState.UNHEALTHY);
                    case NONE -> false;
                })
                .filter(each -> each.weight() > 0)
                .toList();
    }
}
