// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import java.util.Optional;

/** Asks which way packets take (RTM_GETROUTE of rtnetlink(7)). Used by one thread. */
final class RouteLookup {

    /** {@code struct rtmsg}. */
    private static final int BODY_OCTETS = 12;

    private final NetlinkSocket netlink;
    private final NetlinkLinkTable links;

    RouteLookup(NetlinkSocket netlink) {
        this.netlink = netlink;
        links = new NetlinkLinkTable(netlink);
    }

    /** The interface by which packets to an address leave; empty if there is no way. */
    Optional<InterfaceName> interfaceTowards(IpAddress address) throws KernelException {
        byte[] octets = address.octets();
        byte[] body = new byte[BODY_OCTETS];
        body[0] = (byte) (octets.length == 4 ? SocketConstants.AF_INET : SocketConstants.AF_INET6);
        body[1] = (byte) (octets.length * 8);
        NetlinkRequest request = new NetlinkRequest(Rtnetlink.RTM_GETROUTE, 0, body);
        request.attribute(Rtnetlink.RTA_DST, octets);
        try {
            NetlinkMessage answer = netlink.get(request, "look up the route to " + address);
            int index = answer.intAttribute(BODY_OCTETS, Rtnetlink.RTA_OIF, 0);
            return links.all().stream()
                    .filter(link -> link.index() == index)
                    .map(LinkMessage::name)
                    .findFirst();
        } catch (KernelException e) {
            if (e.errno() == Errno.ENETUNREACH || e.errno() == Errno.OTHER) {
                return Optional.empty(); // EHOSTUNREACH and routes of type blackhole too
            }
            throw e;
        }
    }
}
