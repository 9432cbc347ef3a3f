// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import io.mainstay.forward.AddressGrouping;
import io.mainstay.forward.BackendConfig;
import io.mainstay.forward.Balance;
import io.mainstay.forward.Forwarding;
import io.mainstay.forward.HashConfig;
import io.mainstay.forward.ListenerConfig;
import io.mainstay.forward.ProxyProtocolConfig;
import io.mainstay.forward.QueueConfig;
import io.mainstay.forward.RecordConfig;
import io.mainstay.forward.RoutingConfig;
import io.mainstay.forward.SelectionConfig;
import io.mainstay.forward.SourceAddress;
import io.mainstay.forward.TcpConfig;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Transport;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Whether the data path in the kernel has everything that a service asks for. Pure but for one question, when it is made, to
 * {@link KernelSettings#ownAddresses}.
 */
final class Suitability {

    private final KernelSettings settings;
    private final Set<IpAddress> virtualAddresses;
    private final Set<IpAddress> ownAddresses;

    /** Ports on which clients arrive, of all services: none of them may be one that flows leave from. */
    private final List<ListenerConfig> listeners;

    /** Services whose backends hold the addresses that clients ask for. */
    private final List<KernelService> direct;

    Suitability(KernelSettings settings, List<KernelService> services) {
        this.settings = settings;
        virtualAddresses = Set.copyOf(settings.virtualAddresses());
        ownAddresses = settings.ownAddresses().get();
        listeners = services.stream()
                .flatMap(service -> service.config().listeners().stream())
                .toList();
        direct = services.stream()
                .filter(service -> service.wish() != EngineWish.PROXY && service.mode() == Forwarding.DSR)
                .toList();
    }

    /** What the service asks for and the kernel engine lacks; empty: nothing. */
    Optional<String> objection(KernelService service) {
        return Optional.of(service.lacking())
                .filter(lacking -> !lacking.isEmpty())
                .or(() -> balance(service))
                .or(() -> listeners(service))
                .or(() -> backends(service))
                .or(() -> traffic(service))
                .or(() -> sources(service))
                .or(() -> heldByBackends(service));
    }

    private static Optional<String> balance(KernelService service) {
        SelectionConfig selection = service.config().selection();
        Balance balance = selection.balance();
        if (balance == Balance.LEAST_LATENCY || balance == Balance.FIRST) {
            return Optional.of("balance " + word(balance) + " is the proxy engine's alone");
        }
        if (balance.isHashed() && selection.hash().maxLoadPercent() != 0) {
            return Optional.of("hash.max_load is the proxy engine's alone");
        }
        if (!selection.slowStart().equals(Duration.ZERO)) {
            return Optional.of("slow_start is the proxy engine's alone");
        }
        if (selection.persistence().isPresent()) {
            return Optional.of("persistence is the proxy engine's alone; balance: maglev with hash.key: source keeps a"
                    + " client's backend too");
        }
        return isBySource(selection)
                        && service.config().listeners().stream().anyMatch(each -> isGrouped(each, selection))
                ? Optional.of("clients are grouped by hash." + (anyIpv6(service) ? "ipv6" : "ipv4")
                        + "_prefix, which is the proxy engine's alone")
                : Optional.empty();
    }

    private static boolean anyIpv6(KernelService service) {
        return service.config().listeners().stream()
                .anyMatch(each -> !isIpv4(each.endpoint().address()));
    }

    private static boolean isGrouped(ListenerConfig listener, SelectionConfig selection) {
        AddressGrouping grouping = selection.hash().grouping();
        return isIpv4(listener.endpoint().address())
                ? grouping.ipv4PrefixLength() != 32
                : grouping.ipv6PrefixLength() != 128;
    }

    /** Whether all flows of a client go to the same backend. */
    static boolean isBySource(SelectionConfig selection) {
        return selection.balance().isHashed() && selection.hash().key() == HashConfig.Key.SOURCE;
    }

    private Optional<String> listeners(KernelService service) {
        for (ListenerConfig listener : service.config().listeners()) {
            if (!virtualAddresses.contains(listener.endpoint().address())) {
                return Optional.of("it listens on " + listener.endpoint().address()
                        + ", which is not a virtual address of this node");
            }
        }
        return Optional.empty();
    }

    private Optional<String> backends(KernelService service) {
        for (BackendConfig backend : service.config().backends()) {
            IpAddress address = backend.address().address();
            if (endsHere(address)) {
                return Optional.of("backend " + backend.name() + " is on this host");
            }
            for (ListenerConfig listener : service.config().listeners()) {
                if (isIpv4(listener.endpoint().address()) != isIpv4(address)) {
                    return Optional.of("backend " + backend.name() + " is of another family than "
                            + listener.endpoint().address());
                }
                boolean samePort =
                        listener.endpoint().port() == backend.address().port();
                if (!samePort && listener.ports() > 1) {
                    return Optional.of("the ports of " + listener + " and of backend " + backend.name() + " differ");
                }
                if (!samePort && service.mode() == Forwarding.DSR) {
                    return Optional.of("forwarding dsr cannot change the port, and those of " + listener
                            + " and of backend " + backend.name() + " differ");
                }
                if (!samePort && service.config().listeners().stream().anyMatch(each -> each.ports() > 1)) {
                    return Optional.of("it listens on a range of ports and on others");
                }
            }
        }
        return Optional.empty();
    }

    /** Whether packets to an address stay on this host, now or while it is Active: there is no way out for them, nor back in. */
    private boolean endsHere(IpAddress address) {
        return address.isLoopback() || virtualAddresses.contains(address) || ownAddresses.contains(address);
    }

    private static Optional<String> traffic(KernelService service) {
        boolean udp = service.config().listeners().stream().anyMatch(each -> each.transport() == Transport.UDP);
        if (udp && service.traffic().udp().onePacket()) {
            return Optional.of("udp.one_packet is the proxy engine's alone");
        }
        if (udp && service.traffic().udp().responses() != 0) {
            return Optional.of("udp.responses is the proxy engine's alone");
        }
        if (udp && service.traffic().udp().source() != SourceAddress.NODE) {
            return Optional.of("udp.source is the proxy engine's alone");
        }
        if (!service.traffic().proxyProtocol().equals(ProxyProtocolConfig.NONE)) {
            return Optional.of("proxy_protocol is the proxy engine's alone");
        }
        if (!service.traffic().tcp().equals(TcpConfig.DEFAULT)) {
            return Optional.of("tcp is the proxy engine's alone");
        }
        if (!service.traffic().queue().equals(QueueConfig.NONE)) {
            return Optional.of("queue is the proxy engine's alone");
        }
        if (!service.traffic().records().equals(RecordConfig.NONE)) {
            return Optional.of("records are the proxy engine's alone");
        }
        if (!service.traffic().routing().equals(RoutingConfig.NONE)) {
            return Optional.of("routing is the proxy engine's alone");
        }
        return Optional.empty();
    }

    private Optional<String> sources(KernelService service) {
        if (service.mode() == Forwarding.DSR) {
            return Optional.empty();
        }
        for (IpAddress source : service.sources()) {
            if (!virtualAddresses.contains(source)) {
                return Optional.of("source address " + source + " is not a virtual address of this node");
            }
            if (isIpv4(source)
                    != isIpv4(service.config().listeners().getFirst().endpoint().address())) {
                return Optional.of("source address " + source + " is of another family than its listeners");
            }
        }
        for (ListenerConfig listener : listeners) {
            IpAddress address = listener.endpoint().address();
            if (settings.sourcePorts().overlaps(listener.endpoint().port(), listener.lastPort())
                    && sourcesOf(service).stream().anyMatch(source -> listensOn(address, source))) {
                return Optional.of(listener + " is among the ports that flows to backends leave from, "
                        + settings.sourcePorts() + "; choose others by kernel_engine.source_ports");
            }
        }
        return Optional.empty();
    }

    private static boolean listensOn(IpAddress listening, IpAddress address) {
        return listening.equals(address) || (listening.isUnspecified() && isIpv4(listening) == isIpv4(address));
    }

    /** A backend that has the address itself would send its answers nowhere. */
    private Optional<String> heldByBackends(KernelService service) {
        if (service.mode() != Forwarding.FULL_NAT) {
            return Optional.empty();
        }
        Set<IpAddress> backends = service.config().backends().stream()
                .map(backend -> backend.address().address())
                .collect(Collectors.toUnmodifiableSet());
        for (KernelService other : direct) {
            for (BackendConfig backend : other.config().backends()) {
                for (ListenerConfig listener : other.config().listeners()) {
                    IpAddress held = listener.endpoint().address();
                    if (backends.contains(backend.address().address())
                            && sourcesOf(service).contains(held)) {
                        return Optional.of("its connections leave from " + held + ", which its backend "
                                + backend.address().address() + " holds itself for service "
                                + other.config().name() + " with forwarding: dsr");
                    }
                }
            }
        }
        return Optional.empty();
    }

    /** The addresses that its flows leave from. */
    static List<IpAddress> sourcesOf(KernelService service) {
        return service.sources().isEmpty()
                ? service.config().listeners().stream()
                        .map(each -> each.endpoint().address())
                        .distinct()
                        .toList()
                : service.sources();
    }

    private static boolean isIpv4(IpAddress address) {
        return address.bitLength() == 32;
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
