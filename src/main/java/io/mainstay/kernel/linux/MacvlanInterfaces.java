// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelException;
import io.mainstay.kernel.VirtualInterface;
import io.mainstay.kernel.VirtualInterfaces;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.IpFamily;
import io.mainstay.net.VirtualAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Virtual MAC addresses by macvlan interfaces. Used by one thread. */
final class MacvlanInterfaces implements VirtualInterfaces {

    /** Behind whatever routes people make, but there where nobody else knows the subnet. */
    private static final int METRIC_OF_LAST_RESORT = 1_000_000;

    private final NetlinkSocket netlink;
    private final NetlinkLinkTable links;
    private final NetlinkAddressTable addresses;
    private final PacketAnnouncer announcer;

    MacvlanInterfaces(
            NetlinkSocket netlink, NetlinkLinkTable links, NetlinkAddressTable addresses, PacketAnnouncer announcer) {
        this.netlink = netlink;
        this.links = links;
        this.addresses = addresses;
        this.announcer = announcer;
    }

    @Override
    public Optional<State> find(VirtualInterface wanted) throws KernelException {
        Optional<LinkMessage> parent = links.message(wanted.parent());
        Optional<MacvlanMessage> found = lookUp(wanted.name());
        return found.filter(each -> isMade(each)
                        && parent.isPresent()
                        && each.parentIndex() == parent.get().index()
                        && each.link().mac().equals(wanted.mac()))
                .map(each -> new State(each.link().index(), each.link().isUp()));
    }

    private Optional<MacvlanMessage> lookUp(InterfaceName name) throws KernelException {
        try {
            return MacvlanMessage.parse(netlink.get(LinkMessage.request(name), "look up interface " + name))
                    .filter(each -> each.link().name().equals(name));
        } catch (KernelException e) {
            if (e.errno() == Errno.ENODEV) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private static boolean isMade(MacvlanMessage link) {
        return MacvlanAlias.parse(link.alias()).isPresent();
    }

    @Override
    public State make(VirtualInterface wanted) throws KernelException {
        refuseForeign(wanted);
        remove(wanted);
        String operation = "make " + wanted.name() + " with " + wanted.mac() + " on " + wanted.parent();
        LinkMessage parent = links.require(wanted.parent(), operation);
        VirtualMacSettings.Before before = settingsBefore(parent);
        LinuxCalls.check(netlink.execute(MacvlanMessage.make(wanted, parent.index()), operation), operation);
        LinkMessage made = links.require(wanted.name(), operation);
        try {
            String alias = MacvlanAlias.write(wanted, before);
            LinuxCalls.check(netlink.execute(MacvlanMessage.writeAlias(made.index(), alias), operation), operation);
            if (wanted.family() == IpFamily.IPV4) {
                VirtualMacSettings.prepareParent(wanted.parent());
            }
            VirtualMacSettings.make(wanted);
            return new State(made.index(), false);
        } catch (KernelException e) {
            // Half made it must not be used.
            delete(made);
            restoreIfLast(parent.index(), before);
            throw e;
        }
    }

    private void refuseForeign(VirtualInterface wanted) throws KernelException {
        boolean taken = links.message(wanted.name()).isPresent();
        boolean ours = lookUp(wanted.name()).filter(MacvlanInterfaces::isMade).isPresent();
        if (taken && !ours) {
            throw new KernelException(
                    "interface " + wanted.name() + " for the virtual MAC " + wanted.mac()
                            + ": one of that name was not made by Mainstay (expected: none; remove it, or set another"
                            + " virtual_mac_prefix)",
                    Errno.EEXIST.number());
        }
    }

    /** What the parent had before the first interface was made on it, by this process or one before. */
    private VirtualMacSettings.Before settingsBefore(LinkMessage parent) throws KernelException {
        for (MacvlanMessage each : made()) {
            Optional<VirtualMacSettings.Before> before = MacvlanAlias.parse(each.alias());
            if (before.isPresent() && each.parentIndex() == parent.index()) {
                return before.get();
            }
        }
        return VirtualMacSettings.read(parent.name());
    }

    private List<MacvlanMessage> made() throws KernelException {
        return netlink.list(LinkMessage.requestAll(), "list the interfaces").stream()
                .flatMap(message -> MacvlanMessage.parse(message).stream())
                .filter(MacvlanInterfaces::isMade)
                .toList();
    }

    @Override
    public void setUp(VirtualInterface wanted, boolean up) throws KernelException {
        String operation = "set " + wanted.name() + " with " + wanted.mac() + (up ? " up" : " down");
        Optional<MacvlanMessage> found = lookUp(wanted.name()).filter(MacvlanInterfaces::isMade);
        if (found.isEmpty() && up) {
            throw new KernelException(operation, Errno.ENODEV.number());
        }
        if (found.isPresent()) {
            int index = found.get().link().index();
            LinuxCalls.check(netlink.execute(MacvlanMessage.setUp(index, up), operation), operation);
        }
    }

    @Override
    public void remove(VirtualInterface wanted) throws KernelException {
        Optional<MacvlanMessage> found = lookUp(wanted.name());
        Optional<VirtualMacSettings.Before> before = found.flatMap(each -> MacvlanAlias.parse(each.alias()));
        if (found.isPresent() && before.isPresent()) {
            delete(found.get().link());
            restoreIfLast(found.get().parentIndex(), before.get());
        }
    }

    private void delete(LinkMessage link) throws KernelException {
        String operation = "remove interface " + link.name();
        int result = netlink.execute(MacvlanMessage.remove(link.index()), operation);
        if (!LinuxCalls.failedWith(result, Errno.ENODEV)) {
            LinuxCalls.check(result, operation);
        }
    }

    private void restoreIfLast(int parentIndex, VirtualMacSettings.Before before) throws KernelException {
        if (made().stream().noneMatch(each -> each.parentIndex() == parentIndex)) {
            restore(parentIndex, before);
        }
    }

    /** By its number: it may have another name by now. */
    private void restore(int parentIndex, VirtualMacSettings.Before before) throws KernelException {
        for (LinkMessage link : links.all()) {
            if (link.index() == parentIndex) {
                VirtualMacSettings.restoreParent(link.name(), before);
            }
        }
    }

    @Override
    public List<InterfaceName> removeLeftovers() throws KernelException {
        List<InterfaceName> removed = new ArrayList<>();
        Map<Integer, VirtualMacSettings.Before> parents = new HashMap<>();
        for (MacvlanMessage each : made()) {
            delete(each.link());
            removed.add(each.link().name());
            MacvlanAlias.parse(each.alias()).ifPresent(before -> parents.put(each.parentIndex(), before));
        }
        for (Map.Entry<Integer, VirtualMacSettings.Before> parent : parents.entrySet()) {
            restore(parent.getKey(), parent.getValue());
        }
        return removed;
    }

    @Override
    public void add(VirtualInterface wanted, VirtualAddress address) throws KernelException {
        LinkMessage link = links.require(wanted.name(), "add " + address + " to " + wanted.name());
        addresses.addTo(link, address, METRIC_OF_LAST_RESORT);
    }

    @Override
    public void announce(VirtualInterface wanted, IpAddress address) throws KernelException {
        announcer.announce(wanted.parent(), wanted.mac(), address);
    }

    @Override
    public void advertise(VirtualInterface wanted, IpDatagram advertisement) throws KernelException {
        announcer.advertise(wanted.parent(), wanted.mac(), advertisement);
    }
}
