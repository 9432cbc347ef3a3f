// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.KernelException;
import io.mainstay.net.InterfaceName;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** On which interfaces one of our programs is. Used by one thread, but for {@link #index}. */
final class Attachment {

    private final BpfLoader loader;
    private final IngressFilter filter;
    private final NetlinkSocket netlink;
    private final NetlinkLinkTable links;

    private volatile Map<InterfaceName, Integer> attached = Map.of();

    /** @param netlink of the same thread */
    Attachment(BpfLoader loader, IngressFilter filter, NetlinkSocket netlink) {
        this.loader = loader;
        this.filter = filter;
        this.netlink = netlink;
        links = new NetlinkLinkTable(netlink);
    }

    /**
     * Has these interfaces run the program, as far as they are there, and no others.
     *
     * @return those that had it, until somebody took it off
     * @throws IOException naming the interface that refuses
     */
    Set<InterfaceName> attach(Set<InterfaceName> wanted) throws IOException, KernelException {
        Map<InterfaceName, Integer> there = new HashMap<>();
        for (LinkMessage link : links.all()) {
            if (wanted.contains(link.name())) {
                there.put(link.name(), link.index());
            }
        }
        Set<InterfaceName> bare = new TreeSet<>();
        for (Map.Entry<InterfaceName, Integer> each : there.entrySet()) {
            // One that was deleted and came again has another number, and not the program.
            if (each.getValue().equals(attached.get(each.getKey())) && !filter.isOn(each.getValue(), netlink)) {
                bare.add(each.getKey());
            }
        }
        if (!there.equals(attached) || !bare.isEmpty()) {
            loader.attach(there.keySet());
            attached = Map.copyOf(there);
        }
        return bare;
    }

    /** The number of an interface that has the program; null: it has not. */
    @Nullable
    Integer index(InterfaceName name) {
        return attached.get(name);
    }
}
