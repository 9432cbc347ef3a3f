// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import io.mainstay.forward.BackendConfig;
import io.mainstay.forward.Balance;
import io.mainstay.forward.Forwarding;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Prefix;
import io.mainstay.net.VirtualAddress;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Whether a service that leaves the engine to us may be forwarded in the kernel without anybody noticing, beyond what
 * {@link Suitability} asks of every service. Pure.
 */
final class AutoChoice {

    private final KernelSettings settings;

    AutoChoice(KernelSettings settings) {
        this.settings = settings;
    }

    /**
     * Whether there is a choice: without a secret that both nodes share clients could aim at a backend, and whoever has not set
     * one has not thought of the kernel engine at all.
     */
    boolean isOffered() {
        return !settings.secret().isEmpty();
    }

    /** Why it is better left to the proxy engine; empty: it is not. */
    Optional<String> objection(KernelService service) {
        Balance balance = service.config().selection().balance();
        if (!balance.isHashed()) {
            return Optional.of("the kernel engine only approximates balance "
                    + balance.name().toLowerCase(Locale.ROOT));
        }
        return wayBack(service);
    }

    /** Backends answer to a virtual address: they find it if it is of their own network. */
    private Optional<String> wayBack(KernelService service) {
        if (service.mode() != Forwarding.FULL_NAT || !service.sources().isEmpty()) {
            return Optional.empty();
        }
        List<Prefix> networks = Suitability.sourcesOf(service).stream()
                .map(this::networkOf)
                .flatMap(Optional::stream)
                .toList();
        for (BackendConfig backend : service.config().backends()) {
            IpAddress address = backend.address().address();
            if (!networks.stream().allMatch(network -> network.contains(address))) {
                return Optional.of("backend " + address
                        + " is on another network than the virtual address, and may not find the way back to it");
            }
        }
        return Optional.empty();
    }

    private Optional<Prefix> networkOf(IpAddress source) {
        return settings.addresses().stream()
                .filter(address -> address.address().equals(source))
                .map(AutoChoice::networkOf)
                .findFirst();
    }

    private static Prefix networkOf(VirtualAddress address) {
        return Prefix.around(address.address(), address.prefixLength());
    }
}
