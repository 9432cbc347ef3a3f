// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.KernelEvent;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.MacAddress;
import io.mainstay.net.VirtualAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the messages of rtnetlink so far say of the interfaces and their addresses; tells what changes with each. It gives
 * address messages, which carry but a number, the name of their interface, and it finds out what was missed when messages
 * were lost. Pure; used by one thread.
 */
final class InterfaceMirror {

    private static final class Interface {
        private InterfaceName name;
        private MacAddress mac;
        private final Set<VirtualAddress> addresses = new HashSet<>();

        private Interface(LinkMessage link) {
            name = link.name();
            mac = link.mac();
        }
    }

    private final Map<Integer, Interface> interfaces = new HashMap<>();

    /** Takes in a message of any type and tells what it changes. */
    void apply(NetlinkMessage message, Consumer<KernelEvent> sink) {
        switch (message.type()) {
            case Rtnetlink.RTM_NEWLINK -> LinkMessage.parse(message).ifPresent(link -> linkIsThere(link, sink));
            case Rtnetlink.RTM_DELLINK -> LinkMessage.parse(message).ifPresent(link -> linkIsGone(link, sink));
            case Rtnetlink.RTM_NEWADDR ->
                AddressMessage.parse(message).ifPresent(address -> addressIsThere(address, sink));
            case Rtnetlink.RTM_DELADDR ->
                AddressMessage.parse(message).ifPresent(address -> addressIsGone(address, sink));
            default -> {
                // Of no interest here.
            }
        }
    }

    private void linkIsThere(LinkMessage link, Consumer<KernelEvent> sink) {
        Interface known = interfaces.get(link.index());
        if (known == null) {
            interfaces.put(link.index(), new Interface(link));
        } else {
            known.mac = link.mac();
            InterfaceName formerName = known.name;
            if (!formerName.equals(link.name())) {
                known.name = link.name();
                sink.accept(new KernelEvent.LinkChanged(formerName));
            }
        }
        sink.accept(new KernelEvent.LinkChanged(link.name()));
    }

    private void linkIsGone(LinkMessage link, Consumer<KernelEvent> sink) {
        Interface gone = interfaces.remove(link.index());
        if (gone != null) {
            gone.addresses.forEach(address -> sink.accept(new KernelEvent.AddressRemoved(link.name(), address)));
        }
        sink.accept(new KernelEvent.LinkChanged(link.name()));
    }

    /**
     * The kernel says so too when only flags or lifetimes of an address changed. One of IPv6 is there once the kernel is sure
     * that no other host has it.
     */
    private void addressIsThere(AddressMessage message, Consumer<KernelEvent> sink) {
        Interface on = interfaces.get(message.interfaceIndex());
        if (on != null && message.isSettled() && on.addresses.add(message.address())) {
            sink.accept(new KernelEvent.AddressAdded(on.name, message.address()));
        }
    }

    private void addressIsGone(AddressMessage message, Consumer<KernelEvent> sink) {
        Interface on = interfaces.get(message.interfaceIndex());
        if (on != null) {
            on.addresses.remove(message.address());
            sink.accept(new KernelEvent.AddressRemoved(on.name, message.address()));
        }
    }

    /**
     * Starts anew from listings, and tells how they differ from what was known: addresses added and removed, and for every
     * interface known before or now that it may have changed.
     */
    void replaceAll(List<LinkMessage> links, List<AddressMessage> addresses, Consumer<KernelEvent> sink) {
        Map<InterfaceName, Set<VirtualAddress>> before = addressesByName();
        interfaces.clear();
        links.forEach(link -> interfaces.put(link.index(), new Interface(link)));
        for (AddressMessage message : addresses) {
            @Nullable Interface on = interfaces.get(message.interfaceIndex());
            if (on != null && message.isSettled()) {
                on.addresses.add(message.address());
            }
        }
        Map<InterfaceName, Set<VirtualAddress>> now = addressesByName();
        Set<InterfaceName> names = new TreeSet<>(before.keySet());
        names.addAll(now.keySet());
        for (InterfaceName name : names) {
            Set<VirtualAddress> had = before.getOrDefault(name, Set.of());
            Set<VirtualAddress> has = now.getOrDefault(name, Set.of());
            sink.accept(new KernelEvent.LinkChanged(name));
            had.stream()
                    .filter(address -> !has.contains(address))
                    .forEach(address -> sink.accept(new KernelEvent.AddressRemoved(name, address)));
            has.stream()
                    .filter(address -> !had.contains(address))
                    .forEach(address -> sink.accept(new KernelEvent.AddressAdded(name, address)));
        }
    }

    private Map<InterfaceName, Set<VirtualAddress>> addressesByName() {
        return interfaces.values().stream()
                .collect(Collectors.toMap(
                        known -> known.name, known -> Set.copyOf(known.addresses), (one, other) -> other));
    }

    /**
     * Whether one of the interfaces has this hardware address for itself: that of a virtual router is its peers' as well, and a
     * packet with it that arrives here comes from one of them.
     */
    boolean isOwnMac(MacAddress mac) {
        return !mac.isOfVirtualRouter() && interfaces.values().stream().anyMatch(known -> known.mac.equals(mac));
    }
}
