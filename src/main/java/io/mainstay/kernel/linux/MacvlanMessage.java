// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.VirtualInterface;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * What rtnetlink says of a macvlan interface, beside what it says of every link (rtnetlink(7), linux/if_link.h).
 *
 * @param link what it says of every link
 * @param parentIndex the number of the interface below it; 0 if that is in another network namespace
 * @param alias what its maker wrote on it; empty for nothing
 */
record MacvlanMessage(LinkMessage link, int parentIndex, String alias) {

    private static final int BODY_LENGTH = 16;
    private static final String KIND = "macvlan";

    /** Reads a message of type RTM_NEWLINK; empty if it is about no macvlan interface. */
    static Optional<MacvlanMessage> parse(NetlinkMessage message) {
        NetlinkMessage information = message.nested(BODY_LENGTH, Rtnetlink.IFLA_LINKINFO);
        if (information == null
                || !text(information, 0, Rtnetlink.IFLA_INFO_KIND).equals(KIND)) {
            return Optional.empty();
        }
        return LinkMessage.parse(message)
                .map(link -> new MacvlanMessage(
                        link,
                        message.intAttribute(BODY_LENGTH, Rtnetlink.IFLA_LINK, 0),
                        text(message, BODY_LENGTH, Rtnetlink.IFLA_IFALIAS)));
    }

    private static String text(NetlinkMessage message, int offset, int type) {
        byte[] octets = message.attribute(offset, type);
        if (octets == null) {
            return "";
        }
        String text = new String(octets, StandardCharsets.ISO_8859_1);
        int end = text.indexOf('\0');
        return end < 0 ? text : text.substring(0, end);
    }

    /**
     * Asks for one to be made.
     *
     * <p>Its mode is bridge. In private mode a frame that comes from the network with the MAC address of this interface goes to
     * nobody but this interface, and the advertisements of another Active have that address: the socket on the parent would not
     * hear them. In bridge mode they go to the parent.
     */
    static NetlinkRequest make(VirtualInterface wanted, int parentIndex) {
        return new NetlinkRequest(
                        Rtnetlink.RTM_NEWLINK,
                        Rtnetlink.NLM_F_ACK | Rtnetlink.NLM_F_CREATE | Rtnetlink.NLM_F_EXCL,
                        body(0, 0, 0))
                .attribute(Rtnetlink.IFLA_IFNAME, octets(wanted.name().value()))
                .attribute(Rtnetlink.IFLA_LINK, parentIndex)
                .attribute(Rtnetlink.IFLA_ADDRESS, wanted.mac().octets())
                .nested(
                        Rtnetlink.IFLA_LINKINFO,
                        information -> information
                                .attribute(Rtnetlink.IFLA_INFO_KIND, octets(KIND))
                                .nested(
                                        Rtnetlink.IFLA_INFO_DATA,
                                        data -> data.attribute(
                                                Rtnetlink.IFLA_MACVLAN_MODE, Rtnetlink.MACVLAN_MODE_BRIDGE)));
    }

    /** Asks for an alias to be written on an interface (IFLA_IFALIAS, at most 255 octets). */
    static NetlinkRequest writeAlias(int index, String alias) {
        return new NetlinkRequest(Rtnetlink.RTM_NEWLINK, Rtnetlink.NLM_F_ACK, body(index, 0, 0))
                .attribute(Rtnetlink.IFLA_IFALIAS, octets(alias));
    }

    static NetlinkRequest setUp(int index, boolean up) {
        return new NetlinkRequest(
                Rtnetlink.RTM_NEWLINK, Rtnetlink.NLM_F_ACK, body(index, up ? Rtnetlink.IFF_UP : 0, Rtnetlink.IFF_UP));
    }

    static NetlinkRequest remove(int index) {
        return new NetlinkRequest(Rtnetlink.RTM_DELLINK, Rtnetlink.NLM_F_ACK, body(index, 0, 0));
    }

    /** {@code struct ifinfomsg}. */
    private static byte[] body(int index, int flags, int change) {
        return ByteBuffer.allocate(BODY_LENGTH)
                .order(ByteOrder.nativeOrder())
                .putInt(4, index)
                .putInt(8, flags)
                .putInt(12, change)
                .array();
    }

    private static byte[] octets(String text) {
        return (text + '\0').getBytes(StandardCharsets.US_ASCII);
    }
}
