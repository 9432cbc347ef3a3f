// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.net.IpAddress;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Ipv6Address;
import io.mainstay.net.VirtualAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * What rtnetlink says of an address on an interface: {@code struct ifaddrmsg} and the attributes of interest
 * (rtnetlink(7)).
 *
 * @param interfaceIndex the kernel's number of the interface
 * @param address the address and its prefix length
 * @param scope such as {@link Rtnetlink#RT_SCOPE_UNIVERSE}
 * @param flags of {@code IFA_F_*}
 */
record AddressMessage(int interfaceIndex, VirtualAddress address, int scope, int flags) {

    private static final int BODY_LENGTH = 8;

    /** Longest prefix that leaves room for a broadcast address (RFC 3021). */
    private static final int LONGEST_PREFIX_WITH_BROADCAST = 30;

    /** Of IPv6, the flag of a secondary address says temporary (RFC 8981). */
    private static final int UNSUITABLE_IPV6 = Rtnetlink.IFA_F_SECONDARY | Rtnetlink.IFA_F_DEPRECATED;

    /**
     * Asks that an address be added, and refused if it is there.
     *
     * <p>IPv6 addresses skip duplicate address detection (IFA_F_NODAD): it would keep a virtual address dead for a second,
     * and for good if the former Active still answers.
     */
    static NetlinkRequest add(int interfaceIndex, VirtualAddress address) {
        int flags = address.address() instanceof Ipv6Address ? Rtnetlink.IFA_F_NODAD : 0;
        NetlinkRequest request = request(
                Rtnetlink.RTM_NEWADDR,
                Rtnetlink.NLM_F_ACK | Rtnetlink.NLM_F_CREATE | Rtnetlink.NLM_F_EXCL,
                interfaceIndex,
                address,
                flags);
        if (address.address() instanceof Ipv4Address ipv4 && address.prefixLength() <= LONGEST_PREFIX_WITH_BROADCAST) {
            int hostBits = -1 >>> address.prefixLength();
            request.attribute(Rtnetlink.IFA_BROADCAST, new Ipv4Address(ipv4.bits() | hostBits).octets());
        }
        return request;
    }

    /** As {@link #add}, with a metric for the route to its subnet: the higher, the later it is used (Linux 4.18). */
    static NetlinkRequest add(int interfaceIndex, VirtualAddress address, int metric) {
        return add(interfaceIndex, address).attribute(Rtnetlink.IFA_RT_PRIORITY, metric);
    }

    /** Asks that an address be removed. */
    static NetlinkRequest remove(int interfaceIndex, VirtualAddress address) {
        return request(Rtnetlink.RTM_DELADDR, Rtnetlink.NLM_F_ACK, interfaceIndex, address, 0);
    }

    private static NetlinkRequest request(
            int type, int headerFlags, int interfaceIndex, VirtualAddress address, int addressFlags) {
        byte[] octets = address.address().octets();
        int family = address.address() instanceof Ipv4Address ? SocketConstants.AF_INET : SocketConstants.AF_INET6;
        return new NetlinkRequest(type, headerFlags, body(family, address.prefixLength(), addressFlags, interfaceIndex))
                .attribute(Rtnetlink.IFA_LOCAL, octets)
                .attribute(Rtnetlink.IFA_ADDRESS, octets);
    }

    /** Asks for the addresses of one interface, both families; a kernel that does not filter answers with all. */
    static NetlinkRequest requestAllOf(int interfaceIndex) {
        return new NetlinkRequest(
                Rtnetlink.RTM_GETADDR, Rtnetlink.NLM_F_DUMP, body(SocketConstants.AF_UNSPEC, 0, 0, interfaceIndex));
    }

    /** Asks for the addresses of all interfaces, both families. */
    static NetlinkRequest requestAll() {
        return requestAllOf(0);
    }

    private static byte[] body(int family, int prefixLength, int flags, int interfaceIndex) {
        return ByteBuffer.allocate(BODY_LENGTH)
                .order(ByteOrder.nativeOrder())
                .put((byte) family)
                .put((byte) prefixLength)
                .put((byte) flags)
                .put((byte) Rtnetlink.RT_SCOPE_UNIVERSE)
                .putInt(interfaceIndex)
                .array();
    }

    /**
     * Reads a message of type RTM_NEWADDR or RTM_DELADDR. Empty if it is about an address that no virtual address can be,
     * such as one of the loopback network, or of another family.
     */
    static Optional<AddressMessage> parse(NetlinkMessage message) {
        ByteBuffer body = message.body();
        if (body.limit() < BODY_LENGTH) {
            return Optional.empty();
        }
        int family = body.get(0);
        int prefixLength = Byte.toUnsignedInt(body.get(1));
        byte[] local = message.attribute(BODY_LENGTH, Rtnetlink.IFA_LOCAL);
        byte[] octets = local != null ? local : message.attribute(BODY_LENGTH, Rtnetlink.IFA_ADDRESS);
        if (octets == null || octets.length != addressLength(family)) {
            return Optional.empty();
        }
        IpAddress address = IpAddress.ofOctets(octets);
        if (address.isUnspecified()
                || address.isMulticast()
                || address.isLoopback()
                || prefixLength < 1
                || prefixLength > address.bitLength()) {
            return Optional.empty();
        }
        int flags = message.intAttribute(BODY_LENGTH, Rtnetlink.IFA_FLAGS, Byte.toUnsignedInt(body.get(2)));
        return Optional.of(new AddressMessage(
                body.getInt(4), new VirtualAddress(address, prefixLength), Byte.toUnsignedInt(body.get(3)), flags));
    }

    private static int addressLength(int family) {
        return switch (family) {
            case SocketConstants.AF_INET -> 4;
            case SocketConstants.AF_INET6 -> 16;
            default -> -1;
        };
    }

    /** Whether it can be used: duplicate address detection is over, and found none (RFC 4862 §5.4). */
    boolean isSettled() {
        return (flags & (Rtnetlink.IFA_F_TENTATIVE | Rtnetlink.IFA_F_DADFAILED)) == 0;
    }

    /**
     * Whether advertisements may come from it. Of IPv4 that is what the kernel takes of its own accord, an address of global
     * scope that is not secondary to another; of IPv6 one of global or link scope of which it is sure that no other host has
     * it, and that is neither temporary (RFC 8981) nor about to go.
     */
    boolean isSource() {
        return switch (address.address().family()) {
            case IPV4 -> scope == Rtnetlink.RT_SCOPE_UNIVERSE && (flags & Rtnetlink.IFA_F_SECONDARY) == 0;
            case IPV6 ->
                (scope == Rtnetlink.RT_SCOPE_UNIVERSE || scope == Rtnetlink.RT_SCOPE_LINK)
                        && isSettled()
                        && (flags & UNSUITABLE_IPV6) == 0;
        };
    }
}
