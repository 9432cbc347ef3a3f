// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.net.InterfaceName;
import io.mainstay.net.MacAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What rtnetlink says of an interface: {@code struct ifinfomsg} and the attributes of interest (rtnetlink(7)).
 *
 * @param index the kernel's number of the interface
 * @param name its name
 * @param hardwareType such as {@link Rtnetlink#ARPHRD_ETHER}
 * @param flags of {@code IFF_*}
 * @param mac its hardware address; all zeros where it has none of six octets
 * @param mtuOctets its MTU
 */
record LinkMessage(int index, InterfaceName name, int hardwareType, int flags, MacAddress mac, int mtuOctets) {

    private static final int BODY_LENGTH = 16;
    private static final int MAC_LENGTH = 6;

    /** Asks for one interface by name. */
    static NetlinkRequest request(InterfaceName name) {
        return withoutStatistics(0)
                .attribute(Rtnetlink.IFLA_IFNAME, (name.value() + '\0').getBytes(StandardCharsets.US_ASCII));
    }

    /** Asks for all interfaces. */
    static NetlinkRequest requestAll() {
        return withoutStatistics(Rtnetlink.NLM_F_DUMP);
    }

    /** Statistics are most of the work and of the length of an answer. */
    private static NetlinkRequest withoutStatistics(int flags) {
        return new NetlinkRequest(Rtnetlink.RTM_GETLINK, flags, new byte[BODY_LENGTH])
                .attribute(Rtnetlink.IFLA_EXT_MASK, Rtnetlink.RTEXT_FILTER_SKIP_STATS);
    }

    /**
     * Reads a message of type RTM_NEWLINK or RTM_DELLINK. Empty if it is about a port of a bridge rather than an interface,
     * or about an interface whose name {@link InterfaceName} refuses, such as one beyond ASCII.
     */
    static Optional<LinkMessage> parse(NetlinkMessage message) {
        ByteBuffer body = message.body();
        if (body.limit() < BODY_LENGTH || body.get(0) != SocketConstants.AF_UNSPEC) {
            return Optional.empty();
        }
        byte[] mac = message.attribute(BODY_LENGTH, Rtnetlink.IFLA_ADDRESS);
        return name(message.attribute(BODY_LENGTH, Rtnetlink.IFLA_IFNAME))
                .map(name -> new LinkMessage(
                        body.getInt(4),
                        name,
                        Short.toUnsignedInt(body.getShort(2)),
                        body.getInt(8),
                        mac != null && mac.length == MAC_LENGTH ? MacAddress.ofOctets(mac, 0) : new MacAddress(0),
                        message.intAttribute(BODY_LENGTH, Rtnetlink.IFLA_MTU, 0)));
    }

    private static Optional<InterfaceName> name(byte @Nullable [] octets) {
        if (octets == null || octets.length < 2) {
            return Optional.empty();
        }
        String text = new String(octets, 0, octets.length - 1, StandardCharsets.ISO_8859_1);
        return InterfaceName.isLegal(text) ? Optional.of(new InterfaceName(text)) : Optional.empty();
    }

    boolean isUp() {
        return (flags & Rtnetlink.IFF_UP) != 0;
    }

    boolean hasCarrier() {
        return (flags & Rtnetlink.IFF_LOWER_UP) != 0;
    }

    boolean isEthernet() {
        return hardwareType == Rtnetlink.ARPHRD_ETHER;
    }
}
