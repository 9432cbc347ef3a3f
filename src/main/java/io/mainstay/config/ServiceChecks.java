// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.config.Schema.Backend;
import io.mainstay.config.Schema.Service;
import io.mainstay.config.WrittenSection.Item;
import io.mainstay.forward.ListenerConfig;
import io.mainstay.forward.SourceAddress;
import io.mainstay.net.Endpoint;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Transport;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What must hold between the keys of the services. Works on what could be read, so that one run finds all. */
final class ServiceChecks {

    private final Problems problems;
    private final Set<IpAddress> virtualAddresses;
    private final Predicate<IpAddress> ownAddress;
    private final Map<String, String> names = new HashMap<>();
    private final Map<Integer, List<Item<ListenerConfig>>> listenersByPort = new HashMap<>();

    /**
     * @param virtualAddresses the addresses that the virtual routers hold
     * @param ownAddress whether an address stands on this machine
     */
    ServiceChecks(Problems problems, Set<IpAddress> virtualAddresses, Predicate<IpAddress> ownAddress) {
        this.problems = problems;
        this.virtualAddresses = virtualAddresses;
        this.ownAddress = ownAddress;
    }

    void check(List<WrittenSection> services) {
        for (WrittenSection service : services) {
            checkName(service);
            Set<Endpoint> listening = new HashSet<>();
            for (Item<ListenerConfig> listener : service.items(Service.LISTEN)) {
                checkListener(listener);
                for (int offset = 0; offset < listener.value().ports(); offset++) {
                    listening.add(listener.value().at(offset));
                }
            }
            checkProxyProtocol(service);
            checkSources(service);
            new HealthChecks(problems).check(service);
            checkBackends(service, listening);
            new ServiceAdvice(problems).give(service);
        }
        checkRoutes(services);
    }

    /** Every route leads to a service, and who listens nowhere is led to. */
    private void checkRoutes(List<WrittenSection> services) {
        Set<String> targets = new HashSet<>();
        for (WrittenSection service : services) {
            for (WrittenSection route : service.section(RoutingKeys.SECTION).entries(RoutingKeys.Route.ENTRIES)) {
                String target = route.value(RoutingKeys.Route.SERVICE);
                if (target != null && !names.containsKey(target)) {
                    problems.refuse(
                            route.placeOf(RoutingKeys.Route.SERVICE),
                            route.pathOf(RoutingKeys.Route.SERVICE),
                            target,
                            "the name of a service");
                } else if (target != null) {
                    targets.add(target);
                }
            }
        }
        for (WrittenSection service : services) {
            String name = DerivedDefaults.nameOfService(service);
            boolean isLedTo = name != null && targets.contains(name);
            boolean isNamelessAndEmpty =
                    name == null && service.items(Service.LISTEN).isEmpty() && !problems.anyError();
            if ((!service.has(Service.LISTEN) && !isLedTo) || isNamelessAndEmpty) {
                problems.error(
                        service.place(),
                        service.pathOf(Service.LISTEN),
                        "missing (expected: where clients arrive, or a route of another service that leads here by name)");
            }
        }
    }

    private void checkName(WrittenSection service) {
        String name = DerivedDefaults.nameOfService(service);
        String other = name == null ? null : names.putIfAbsent(name, service.path());
        // A name derived from a listen address is taken twice only if the address is, which is reported as such.
        if (name != null && other != null && service.has(Service.NAME)) {
            problems.refuse(
                    service.placeOf(Service.NAME),
                    service.pathOf(Service.NAME),
                    name,
                    "a name of its own; " + other + " has this one");
        }
    }

    private void checkListener(Item<ListenerConfig> item) {
        Endpoint endpoint = item.value().endpoint();
        checkCollisions(item);
        for (int port = endpoint.port(); port <= item.value().lastPort(); port++) {
            listenersByPort.computeIfAbsent(port, none -> new ArrayList<>()).add(item);
        }
        IpAddress address = endpoint.address();
        boolean expected = virtualAddresses.contains(address)
                || address.isUnspecified()
                || address.isLoopback()
                || ownAddress.test(address);
        if (!expected) {
            problems.warn(
                    item.place(),
                    item.path(),
                    address + " is neither an address of a virtual router of this node nor an address that it has now;"
                            + " no client will arrive there");
        }
    }

    private void checkCollisions(Item<ListenerConfig> item) {
        ListenerConfig listener = item.value();
        for (int port = listener.endpoint().port(); port <= listener.lastPort(); port++) {
            for (Item<ListenerConfig> other : listenersByPort.getOrDefault(port, List.of())) {
                if (collide(listener, other.value())) {
                    problems.refuse(
                            item.place(),
                            item.path(),
                            listener.toString(),
                            "an address and port of its own; " + other.path() + " listens on " + other.value());
                    return;
                }
            }
        }
    }

    /** Linux lets nobody listen on a port of one address while somebody else listens on it for all addresses. */
    private static boolean collide(ListenerConfig a, ListenerConfig b) {
        IpAddress one = a.endpoint().address();
        IpAddress other = b.endpoint().address();
        return a.sharesPortWith(b) && (one.equals(other) || one.isUnspecified() || other.isUnspecified());
    }

    /** Datagrams have no headers. */
    private void checkProxyProtocol(WrittenSection service) {
        boolean anyTcp = service.items(Service.LISTEN).stream()
                .anyMatch(listener -> listener.value().transport() == Transport.TCP);
        WrittenSection proxyProtocol = service.section(TrafficKeys.ProxyProtocol.SECTION);
        for (Key key : List.of(TrafficKeys.ProxyProtocol.ACCEPT_FROM, TrafficKeys.ProxyProtocol.SEND)) {
            if (!anyTcp && proxyProtocol.has(key)) {
                problems.warn(
                        proxyProtocol.placeOf(key),
                        proxyProtocol.pathOf(key),
                        "without effect, because the service has no listener with /tcp");
            }
        }
    }

    /** Whose address the backends see, over each transport. */
    private void checkSources(WrittenSection service) {
        checkSource(service, service.section(TcpKeys.SECTION), TcpKeys.SOURCE, Transport.TCP);
        checkSource(service, service.section(TrafficKeys.Udp.SECTION), TrafficKeys.Udp.SOURCE, Transport.UDP);
    }

    private void checkSource(
            WrittenSection service, WrittenSection settings, Key.Scalar<SourceAddress> source, Transport transport) {
        List<ListenerConfig> listeners = service.items(Service.LISTEN).stream()
                .map(Item::value)
                .filter(listener -> listener.transport() == transport)
                .toList();
        if (settings.value(source) != SourceAddress.CLIENT
                || service.items(Service.LISTEN).isEmpty()) {
            return;
        }
        if (listeners.isEmpty()) {
            String word = transport.name().toLowerCase(Locale.ROOT);
            problems.warn(
                    settings.placeOf(source),
                    settings.pathOf(source),
                    "without effect, because the service has no listener with /" + word);
            return;
        }
        for (WrittenSection backend : service.entries(Backend.ENTRIES)) {
            Endpoint address = backend.value(Backend.ADDRESS);
            if (address != null && listeners.stream().noneMatch(listener -> isOfOneFamily(listener, address))) {
                problems.warn(
                        settings.placeOf(source),
                        settings.pathOf(source),
                        "client, and " + address + " is of another family than every listener; it will see this node");
            }
        }
    }

    private static boolean isOfOneFamily(ListenerConfig listener, Endpoint address) {
        return listener.endpoint().address().family() == address.address().family();
    }

    private void checkBackends(WrittenSection service, Set<Endpoint> listening) {
        List<WrittenSection> backends = service.entries(Backend.ENTRIES);
        Map<String, String> backendNames = new HashMap<>();
        Map<Endpoint, String> backendAddresses = new HashMap<>();
        boolean anyWeight = false;
        for (WrittenSection backend : backends) {
            Endpoint address = backend.value(Backend.ADDRESS);
            checkBackendAddress(backend, address, listening, backendAddresses);
            checkPortsOfRange(service, backend, address);
            String name = DerivedDefaults.nameOfBackend(backend);
            String other = name == null ? null : backendNames.putIfAbsent(name, backend.path());
            if (name != null && other != null && backend.has(Backend.NAME)) {
                problems.refuse(
                        backend.placeOf(Backend.NAME),
                        backend.pathOf(Backend.NAME),
                        name,
                        "a name of its own within the service; " + other + " has this one");
            }
            Integer weight = backend.value(Backend.WEIGHT);
            anyWeight |= weight == null || weight > 0;
        }
        if (!backends.isEmpty() && !anyWeight) {
            problems.warn(
                    service.placeOf(Backend.ENTRIES),
                    service.pathOf(Backend.ENTRIES),
                    "every weight is 0; the service will refuse every client");
        }
    }

    /** The ports of a backend run along with a range, and there are no more than 65535. */
    private void checkPortsOfRange(WrittenSection service, WrittenSection backend, @Nullable Endpoint address) {
        int most = service.items(Service.LISTEN).stream()
                .mapToInt(listener -> listener.value().ports())
                .max()
                .orElse(1);
        if (address != null && address.port() + most - 1 > 65535) {
            problems.refuse(
                    backend.placeOf(Backend.ADDRESS),
                    backend.pathOf(Backend.ADDRESS),
                    address.toString(),
                    "a port of at most " + (65536 - most) + ", since the service listens on a range of " + most);
        }
    }

    private void checkBackendAddress(
            WrittenSection backend, @Nullable Endpoint address, Set<Endpoint> listening, Map<Endpoint, String> seen) {
        if (address == null) {
            return;
        }
        String path = backend.pathOf(Backend.ADDRESS);
        String other = seen.putIfAbsent(address, backend.path());
        if (other != null) {
            problems.refuse(
                    backend.placeOf(Backend.ADDRESS),
                    path,
                    address.toString(),
                    "each server once in a service; " + other + " has this one");
        }
        if (listening.contains(address)) {
            problems.refuse(
                    backend.placeOf(Backend.ADDRESS),
                    path,
                    address.toString(),
                    "a server; this is where the service itself listens");
        }
    }
}
