// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KeptConnections;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Ipv4Address;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * By a routing rule for each address, {@code from all to ADDRESS iif INTERFACE ipproto tcp lookup 19795}, and a route of type
 * local in that table (ip-rule(8), Linux 4.17). ARP and neighbour discovery ask the local table alone, or as for a packet
 * without a protocol, so that neither answers for the address; sockets that are transparent may speak from it. Used by one
 * thread.
 */
final class NetlinkKeptConnections implements KeptConnections {

    /** Of the table, the rules and the routes, so that they are told from those of others. */
    static final int TABLE = 0x4d53;

    static final int PROTOCOL = 77;

    /** Before any rule of the administrator's; only the table of local addresses comes first. */
    private static final int PRIORITY = 1;

    private static final int LOOPBACK_INDEX = 1;
    private static final int BODY_OCTETS = 12; // struct rtmsg and struct fib_rule_hdr

    private final NetlinkSocket netlink;

    NetlinkKeptConnections(NetlinkSocket netlink) {
        this.netlink = netlink;
    }

    @Override
    public void keep(InterfaceName arrivesOn, IpAddress address) throws KernelException {
        String operation = "keep connections to " + address + " on " + arrivesOn;
        int flags = Rtnetlink.NLM_F_ACK | Rtnetlink.NLM_F_CREATE | Rtnetlink.NLM_F_EXCL;
        require(netlink.execute(route(Rtnetlink.RTM_NEWROUTE, flags, address), operation), Errno.EEXIST, operation);
        require(
                netlink.execute(rule(Rtnetlink.RTM_NEWRULE, flags, arrivesOn.value(), address), operation),
                Errno.EEXIST,
                operation);
    }

    @Override
    public void letGo(InterfaceName arrivesOn, IpAddress address) throws KernelException {
        remove(arrivesOn.value(), address);
    }

    private void remove(String arrivesOn, IpAddress address) throws KernelException {
        String operation = "let connections to " + address + " on " + arrivesOn + " go";
        int flags = Rtnetlink.NLM_F_ACK;
        require(
                netlink.execute(rule(Rtnetlink.RTM_DELRULE, flags, arrivesOn, address), operation),
                Errno.ENOENT,
                operation);
        require(netlink.execute(route(Rtnetlink.RTM_DELROUTE, flags, address), operation), Errno.ESRCH, operation);
    }

    private static void require(int result, Errno allowed, String operation) throws KernelException {
        if (!LinuxCalls.failedWith(result, allowed)) {
            LinuxCalls.check(result, operation);
        }
    }

    @Override
    public List<IpAddress> removeLeftovers() throws KernelException {
        List<IpAddress> removed = new ArrayList<>();
        for (int family : new int[] {SocketConstants.AF_INET, SocketConstants.AF_INET6}) {
            for (NetlinkMessage message : rules(family)) {
                String arrivesOn = text(message.attribute(BODY_OCTETS, Rtnetlink.FRA_IIFNAME));
                byte[] to = message.attribute(BODY_OCTETS, Rtnetlink.FRA_DST);
                if (isOurs(message) && arrivesOn != null && to != null) {
                    IpAddress address = IpAddress.ofOctets(to);
                    remove(arrivesOn, address);
                    removed.add(address);
                }
            }
        }
        return List.copyOf(removed);
    }

    private List<NetlinkMessage> rules(int family) throws KernelException {
        byte[] body = new byte[BODY_OCTETS];
        body[0] = (byte) family;
        try {
            return netlink
                    .list(
                            new NetlinkRequest(Rtnetlink.RTM_GETRULE, Rtnetlink.NLM_F_DUMP, body),
                            "list the routing rules")
                    .stream()
                    .filter(message -> message.body().limit() >= BODY_OCTETS
                            && message.body().get(0) == family)
                    .toList();
        } catch (KernelException e) {
            if (e.errno() == Errno.EAFNOSUPPORT) {
                return List.of();
            }
            throw e;
        }
    }

    private static boolean isOurs(NetlinkMessage rule) {
        byte[] protocol = rule.attribute(BODY_OCTETS, Rtnetlink.FRA_PROTOCOL);
        return protocol != null
                && protocol.length == 1
                && protocol[0] == PROTOCOL
                && rule.intAttribute(BODY_OCTETS, Rtnetlink.FRA_TABLE, 0) == TABLE;
    }

    private static @Nullable String text(byte @Nullable [] octets) {
        if (octets == null) {
            return null;
        }
        int end = 0;
        while (end < octets.length && octets[end] != 0) {
            end++;
        }
        return new String(octets, 0, end, StandardCharsets.US_ASCII);
    }

    private static NetlinkRequest rule(int type, int flags, String arrivesOn, IpAddress address) {
        byte[] name = arrivesOn.getBytes(StandardCharsets.US_ASCII);
        byte[] body = body(address);
        body[7] = Rtnetlink.FR_ACT_TO_TBL;
        return new NetlinkRequest(type, flags, body)
                .attribute(Rtnetlink.FRA_DST, address.octets())
                .attribute(Rtnetlink.FRA_IIFNAME, Arrays.copyOf(name, name.length + 1))
                .attribute(Rtnetlink.FRA_PRIORITY, PRIORITY)
                .attribute(Rtnetlink.FRA_TABLE, TABLE)
                .attribute(Rtnetlink.FRA_PROTOCOL, new byte[] {PROTOCOL})
                .attribute(Rtnetlink.FRA_IP_PROTO, new byte[] {FlowAbi.PROTOCOL_TCP});
    }

    private static NetlinkRequest route(int type, int flags, IpAddress address) {
        byte[] body = body(address);
        body[5] = PROTOCOL;
        body[6] = (byte) Rtnetlink.RT_SCOPE_HOST;
        body[7] = Rtnetlink.RTN_LOCAL;
        return new NetlinkRequest(type, flags, body)
                .attribute(Rtnetlink.RTA_DST, address.octets())
                .attribute(Rtnetlink.RTA_OIF, LOOPBACK_INDEX)
                .attribute(Rtnetlink.RTA_TABLE, TABLE);
    }

    /** The table stands in an attribute, since its number needs more than an octet. */
    private static byte[] body(IpAddress address) {
        byte[] body = new byte[BODY_OCTETS];
        body[0] = (byte) (address instanceof Ipv4Address ? SocketConstants.AF_INET : SocketConstants.AF_INET6);
        body[1] = (byte) address.bitLength();
        return body;
    }
}
