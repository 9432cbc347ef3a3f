// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.ListenerConfig;
import io.mainstay.forward.SourceAddress;
import io.mainstay.forward.TcpConfig;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.health.probe.SocketErrors;
import io.mainstay.net.Endpoint;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Transport;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

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

        @Override
        public String toString() {
            return endpoint + "/" + transport.name().toLowerCase(Locale.ROOT);
        }
    }

    /** An address with its sockets, one for each worker. */
    private static final class Listening {

        private final LiveListener listener;
        private final List<ArrivalSocket> sockets;

        /** How the sockets were set up. */
        private TrafficConfig traffic;

        Listening(LiveListener listener, List<ArrivalSocket> sockets, TrafficConfig traffic) {
            this.listener = listener;
            this.sockets = sockets;
            this.traffic = traffic;
        }

        LiveListener listener() {
            return listener;
        }

        List<ArrivalSocket> sockets() {
            return sockets;
        }
    }

    /** Far more than from the fork of a program to its start, and less than an operator minds. */
    private static final long PATIENCE_NANOS = 1_000_000_000;

    private static final long PAUSE_NANOS = 2_000_000;

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

        private final Map<Place, List<InetSocket>> sockets = new LinkedHashMap<>();

        /** Closes them again. */
        void undo() {
            sockets.values().forEach(all -> all.forEach(InetSocket::closeQuietly));
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
                requireRights(service);
                for (ListenerConfig listener : service.config().listeners()) {
                    for (int offset = 0; offset < listener.ports(); offset++) {
                        Place place = new Place(listener.at(offset), listener.transport());
                        if (!listening.containsKey(place)) {
                            bind(service, place, bound);
                        }
                    }
                }
            }
            return bound;
        } catch (ProxyStartException failure) {
            bound.undo();
            throw failure;
        }
    }

    private static void requireRights(ProxyService service) throws ProxyStartException {
        boolean overTcp = service.traffic().tcp().source() == SourceAddress.CLIENT;
        if (!overTcp && service.traffic().udp().source() != SourceAddress.CLIENT) {
            return;
        }
        try {
            TcpSocket.requireRightToSpeakFor();
        } catch (IOException refused) {
            throw new ProxyStartException(
                    "service " + service.config().name() + ": " + (overTcp ? "tcp" : "udp") + ".source client: "
                            + SocketErrors.reason(refused)
                            + " (expected: a process with CAP_NET_ADMIN or CAP_NET_RAW)",
                    refused);
        }
    }

    private void bind(ProxyService service, Place place, Bound bound) throws ProxyStartException {
        try {
            bound.sockets.put(place, bindPatiently(place, service.traffic().tcp()));
        } catch (IOException refused) {
            throw new ProxyStartException(
                    "service " + service.config().name() + ": listen " + place + ": " + SocketErrors.reason(refused),
                    refused);
        }
    }

    /**
     * A program that is about to be started has all sockets of this one for a moment, also those just closed, such as the one
     * that only asks whether the address is in use.
     */
    private List<InetSocket> bindPatiently(Place place, TcpConfig tcp) throws IOException {
        long since = System.nanoTime();
        while (true) {
            try {
                return bindAll(place, tcp);
            } catch (IOException refused) {
                if (!SocketErrors.isInUse(refused) || System.nanoTime() - since > PATIENCE_NANOS) {
                    throw refused;
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    /** A socket for each worker, or none. */
    private List<InetSocket> bindAll(Place place, TcpConfig tcp) throws IOException {
        List<InetSocket> sockets = new ArrayList<>();
        InetSocketAddress address = SocketAddresses.of(place.endpoint());
        try {
            if (!isSharedWithOwn(place)) {
                requireUnused(place.transport(), address);
            }
            for (int i = 0; i < workers.size(); i++) {
                sockets.add(bind(place.transport(), address, tcp));
            }
            return sockets;
        } catch (IOException refused) {
            sockets.forEach(InetSocket::closeQuietly);
            throw refused;
        }
    }

    private static void requireUnused(Transport transport, InetSocketAddress address) throws IOException {
        switch (transport) {
            case TCP -> ListenerSocket.requireUnused(address);
            case UDP -> DatagramListener.requireUnused(address);
        }
    }

    private static InetSocket bind(Transport transport, InetSocketAddress address, TcpConfig tcp) throws IOException {
        return switch (transport) {
            case TCP -> ListenerSocket.bind(address, tcp);
            case UDP -> DatagramListener.bind(address);
        };
    }

    /** Whether a socket of this engine has the port for all addresses, or for one of those that are meant now. */
    private boolean isSharedWithOwn(Place wanted) {
        return listening.keySet().stream()
                .filter(own -> own.transport() == wanted.transport())
                .map(Place::endpoint)
                .anyMatch(own -> own.port() == wanted.endpoint().port()
                        && (own.address().isUnspecified()
                                || wanted.endpoint().address().isUnspecified()));
    }

    /** Serves these services alone from now on: gives each listener to its service, and closes those of nobody. */
    synchronized void commit(List<LiveService> services, Bound bound) {
        Map<Place, Listening> before = new LinkedHashMap<>(listening);
        listening.clear();
        for (LiveService service : services) {
            List<LiveListener> listeners = new ArrayList<>();
            for (ListenerConfig config : service.settings().config().listeners()) {
                for (int offset = 0; offset < config.ports(); offset++) {
                    Place place = new Place(config.at(offset), config.transport());
                    Listening present = before.remove(place);
                    if (present == null) {
                        present = listen(place, offset, service, bound.sockets.getOrDefault(place, List.of()));
                    } else {
                        present.listener().serveFor(service, offset);
                        configure(present, service.settings().traffic());
                    }
                    listening.put(place, present);
                    listeners.add(present.listener());
                }
            }
            service.setListeners(listeners);
        }
        before.values().forEach(this::close);
    }

    private Listening listen(Place place, int portOffset, LiveService service, List<InetSocket> bound) {
        IpAddress address = place.endpoint().address();
        boolean virtual = settings.virtualAddresses().contains(address);
        LiveListener listener =
                new LiveListener(place.endpoint(), virtual, openAddresses.contains(address), service, portOffset);
        List<ArrivalSocket> sockets = new ArrayList<>();
        for (int i = 0; i < bound.size(); i++) {
            Worker worker = workers.get(i);
            ArrivalSocket socket = switch (bound.get(i)) {
                case TcpSocket tcp -> new ListenerSocket(worker, listener, tcp, events);
                case UdpSocket udp -> new DatagramListener(worker, listener, udp);
            };
            sockets.add(socket);
            worker.execute(() -> worker.listen(socket));
        }
        return new Listening(listener, sockets, service.settings().traffic());
    }

    private void configure(Listening present, TrafficConfig traffic) {
        if (!present.traffic.equals(traffic)) {
            present.traffic = traffic;
            for (int i = 0; i < present.sockets().size(); i++) {
                ArrivalSocket socket = present.sockets().get(i);
                workers.get(i).execute(() -> socket.configure(traffic));
            }
        }
    }

    private void close(Listening gone) {
        for (int i = 0; i < gone.sockets().size(); i++) {
            Worker worker = workers.get(i);
            ArrivalSocket socket = gone.sockets().get(i);
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

    /** Keeps datagrams for these addresses out; connections that reach them are still taken. */
    synchronized void closeGatesToDatagrams(Set<IpAddress> addresses) {
        openAddresses.removeAll(addresses);
        listening.forEach((place, each) -> {
            if (place.transport() == Transport.UDP
                    && addresses.contains(place.endpoint().address())) {
                each.listener().setOpen(false);
            }
        });
    }

    /** Keeps out all who come on virtual addresses. */
    synchronized void closeGates() {
        openAddresses.clear();
        listening.values().forEach(each -> each.listener().setOpen(false));
    }
}
