// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.net.InterfaceName;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What rtnetlink says of an interface about whether XDP suits it (rtnetlink(7), linux/if_link.h).
 *
 * @param index the kernel's number of the interface
 * @param name its name
 * @param kind what it is made of software as, such as {@code veth}; empty for a card, a virtual machine's among them
 * @param masterIndex the bridge or bond that it is a part of; 0: none
 * @param lowerIndex the interface that it stands upon; 0: none, or in another network namespace
 */
record XdpCandidate(int index, InterfaceName name, String kind, int masterIndex, int lowerIndex) {

    private static final int BODY_LENGTH = 16;

    /** Made upon another interface, whose frames they take. */
    private static final Set<String> UPPER = Set.of("vlan", "macvlan", "macvtap", "ipvlan", "ipvtap");

    /** Reads a message of type RTM_NEWLINK; empty where {@link LinkMessage#parse} is. */
    static Optional<XdpCandidate> parse(NetlinkMessage message) {
        return LinkMessage.parse(message)
                .map(link -> new XdpCandidate(
                        link.index(),
                        link.name(),
                        kind(message.nested(BODY_LENGTH, Rtnetlink.IFLA_LINKINFO)),
                        message.intAttribute(BODY_LENGTH, Rtnetlink.IFLA_MASTER, 0),
                        message.intAttribute(BODY_LENGTH, Rtnetlink.IFLA_LINK, 0)));
    }

    private static String kind(@Nullable NetlinkMessage information) {
        byte[] octets = information == null ? null : information.attribute(0, Rtnetlink.IFLA_INFO_KIND);
        return octets == null ? "" : new String(octets, StandardCharsets.ISO_8859_1).replace("\0", "");
    }

    /** Why XDP is not taken here without being asked for by name; empty: nothing speaks against it. */
    String objection(List<XdpCandidate> all) {
        if (!kind.isEmpty()) {
            return "xdp: auto is for network cards, and this is a " + kind;
        }
        if (masterIndex != 0) {
            return "it is a part of " + nameOf(masterIndex, all);
        }
        return all.stream()
                .filter(each -> each.lowerIndex == index && UPPER.contains(each.kind))
                .findFirst()
                .map(upper -> upper.name + " stands upon it")
                .orElse("");
    }

    private static String nameOf(int index, List<XdpCandidate> all) {
        return all.stream()
                .filter(each -> each.index == index)
                .map(each -> each.name.value())
                .findFirst()
                .orElse("interface " + index);
    }
}
