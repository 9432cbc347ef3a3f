// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.ListenerConfig;
import io.mainstay.net.Endpoint;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Transport;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Every address on which clients arrive, each with one socket on each worker, and the gates of the virtual ones.
 *
 * <p>A change has two steps: {@link #bind} does all that can fail and leaves the present sockets alone, {@link #commit}
 * cannot fail. Changes come one at a time; gates may be moved by any thread meanwhile, for which nothing here waits for the
 * kernel under the lock.
 */
final class ListenerSet {

    /** What distinguishes one listening socket from another. */
    private record Place(Endpoint endpoint, Transport transport) {

        static Place of(ListenerConfig listener) {
            return new Place(listener.endpoint(), listener.transport());
        }
    }

    /** An address with its sockets, one for each worker. */
    private record Listening(LiveListener listener, List<ListenerSocket> sockets) {}

    private final ProxySettings settings;
    private final List<Worker> workers;
    private final EventOutlet events;
    private final Map<Place, Listening> listening = new LinkedHashMap<>();
    private final Set<IpAddress> openAddresses = new HashSet<>();

    ListenerSet(ProxySettings settings, List<Worker> workers, EventOutlet events) {
        this.settings = settings;
        this.workers = workers;
        this.events = events;
    }

    /** Sockets that are bound and do not serve yet. */
    static final class Bound {

        private final Map<Place, List<TcpSocket>> sockets = new LinkedHashMap<>();

        /** Closes them again. */
        void undo() {
            sockets.values().forEach(all -> all.forEach(TcpSocket::closeQuietly));
        }
    }

    /**
     * Binds sockets for those listeners that are not there yet.
     *
     * @throws ProxyStartException if one cannot be bound; then none is
     */
    Bound bind(List<ProxyService> services) throws ProxyStartException {
        Bound bound = new Bound();
        try {
            for (ProxyService service : services) {
                for (ListenerConfig listener : service.config().listeners()) {
                    requireSupported(service.config().name(), listener);
                    if (!listening.containsKey(Place.of(listener))) {
                        bind(service.config().name(), listener, bound);
                    }
                }
            }
            return bound;
        } catch (ProxyStartException failure) {
            bound.undo();
            throw failure;
        }
    }

    private static void requireSupported(String service, ListenerConfig listener) throws ProxyStartException {
        if (listener.transport() != Transport.TCP) {
            throw new ProxyStartException("service " + service + ": listen " + listener.endpoint()
                    + "/udp (expected: tcp, the proxy engine forwards nothing else)");
        }
    }

    private void bind(String service, ListenerConfig listener, Bound bound) throws ProxyStartException {
        List<TcpSocket> sockets = new ArrayList<>();
        bound.sockets.put(Place.of(listener), sockets);
        try {
            InetSocketAddress address = SocketAddresses.of(listener.endpoint());
            if (!isSharedWithOwn(listener)) {
                ListenerSocket.requireUnused(address);
            }
            for (int i = 0; i < workers.size(); i++) {
                sockets.add(ListenerSocket.bind(address, settings.backlog()));
            }
        } catch (IOException refused) {
            throw new ProxyStartException(
                    "service " + service + ": listen " + listener.endpoint() + "/tcp: " + SocketErrors.reason(refused),
                    refused);
        }
    }

    /** Whether a socket of this engine has the port for all addresses, or for one of those that are meant now. */
    private boolean isSharedWithOwn(ListenerConfig listener) {
        Endpoint wanted = listener.endpoint();
        return listening.keySet().stream()
                .filter(place -> place.transport() == listener.transport())
                .map(Place::endpoint)
                .anyMatch(own -> own.port() == wanted.port()
                        && (own.address().isUnspecified() || wanted.address().isUnspecified()));
    }

    /** Serves these services alone from now on: gives each listener to its service, and closes those of nobody. */
    synchronized void commit(List<LiveService> services, Bound bound) {
        Map<Place, Listening> before = new LinkedHashMap<>(listening);
        listening.clear();
        for (LiveService service : services) {
            List<LiveListener> listeners = new ArrayList<>();
            for (ListenerConfig config : service.settings().config().listeners()) {
                Place place = Place.of(config);
                Listening present = before.remove(place);
                if (present == null) {
                    present = listen(config, service, bound.sockets.getOrDefault(place, List.of()));
                } else {
                    present.listener().setService(service);
                }
                listening.put(place, present);
                listeners.add(present.listener());
            }
            service.setListeners(listeners);
        }
        before.values().forEach(this::close);
    }

    private Listening listen(ListenerConfig config, LiveService service, List<TcpSocket> bound) {
        IpAddress address = config.endpoint().address();
        LiveListener listener = new LiveListener(
                config, settings.virtualAddresses().contains(address), openAddresses.contains(address), service);
        List<ListenerSocket> sockets = new ArrayList<>();
        for (int i = 0; i < bound.size(); i++) {
            Worker worker = workers.get(i);
            ListenerSocket socket = new ListenerSocket(worker, listener, bound.get(i), events);
            sockets.add(socket);
            worker.execute(() -> worker.listen(socket));
        }
        return new Listening(listener, sockets);
    }

    private void close(Listening gone) {
        for (int i = 0; i < gone.sockets().size(); i++) {
            Worker worker = workers.get(i);
            ListenerSocket socket = gone.sockets().get(i);
            worker.execute(() -> worker.stopListening(socket));
        }
    }

    /** Lets clients of these addresses in, or keeps them out. */
    synchronized void moveGates(Set<IpAddress> addresses, boolean open) {
        if (open) {
            openAddresses.addAll(addresses);
        } else {
            openAddresses.removeAll(addresses);
        }
        for (Listening each : listening.values()) {
            if (addresses.contains(each.listener().address())) {
                each.listener().setOpen(open);
            }
        }
    }

    /** Keeps out all who come on virtual addresses. */
    synchronized void closeGates() {
        openAddresses.clear();
        listening.values().forEach(each -> each.listener().setOpen(false));
    }
}
