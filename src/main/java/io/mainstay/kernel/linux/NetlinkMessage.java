// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One received netlink message (netlink(7)).
 *
 * @param type of the header
 * @param flags of the header
 * @param sequence of the header: that of the request it answers
 * @param body what follows the header, in the byte order of the machine, read by absolute offsets
 */
record NetlinkMessage(int type, int flags, int sequence, ByteBuffer body) {

    static final int HEADER_LENGTH = 16;
    static final int ATTRIBUTE_HEADER_LENGTH = 4;
    private static final int ALIGNMENT = 4;
    /** Above it, flags that say how an attribute is nested (NLA_TYPE_MASK). */
    private static final int ATTRIBUTE_TYPE_MASK = 0x3FFF;

    /** The messages of one datagram; what follows one whose length cannot be is left out. */
    static List<NetlinkMessage> parse(byte[] datagram) {
        ByteBuffer octets = ByteBuffer.wrap(datagram).order(ByteOrder.nativeOrder());
        List<NetlinkMessage> messages = new ArrayList<>();
        int offset = 0;
        while (datagram.length - offset >= HEADER_LENGTH) {
            int length = octets.getInt(offset);
            if (length < HEADER_LENGTH || length > datagram.length - offset) {
                break;
            }
            messages.add(new NetlinkMessage(
                    Short.toUnsignedInt(octets.getShort(offset + 4)),
                    Short.toUnsignedInt(octets.getShort(offset + 6)),
                    octets.getInt(offset + 8),
                    octets.slice(offset + HEADER_LENGTH, length - HEADER_LENGTH).order(ByteOrder.nativeOrder())));
            offset += Math.min(aligned(length), datagram.length - offset);
        }
        return messages;
    }

    /**
     * The octets of the first attribute of a type, or null if there is none.
     *
     * @param offset where in the body the attributes start
     */
    byte @Nullable [] attribute(int offset, int type) {
        int at = offset;
        while (body.limit() - at >= ATTRIBUTE_HEADER_LENGTH) {
            int length = Short.toUnsignedInt(body.getShort(at));
            if (length < ATTRIBUTE_HEADER_LENGTH || length > body.limit() - at) {
                return null;
            }
            if ((body.getShort(at + 2) & ATTRIBUTE_TYPE_MASK) == type) {
                byte[] value = new byte[length - ATTRIBUTE_HEADER_LENGTH];
                body.get(at + ATTRIBUTE_HEADER_LENGTH, value);
                return value;
            }
            at += Math.min(aligned(length), body.limit() - at);
        }
        return null;
    }

    /** What an attribute holds that holds attributes, from its offset 0 on; null if there is none of that type. */
    @Nullable
    NetlinkMessage nested(int offset, int type) {
        byte[] content = attribute(offset, type);
        return content == null
                ? null
                : new NetlinkMessage(
                        this.type, flags, sequence, ByteBuffer.wrap(content).order(ByteOrder.nativeOrder()));
    }

    /** As {@link #attribute}, for one of 32 bits in the byte order of the machine; {@code otherwise} if there is none. */
    int intAttribute(int offset, int type, int otherwise) {
        byte[] value = attribute(offset, type);
        return value == null || value.length != Integer.BYTES
                ? otherwise
                : ByteBuffer.wrap(value).order(ByteOrder.nativeOrder()).getInt();
    }

    /** The errno that an {@link Rtnetlink#NLMSG_ERROR} or {@link Rtnetlink#NLMSG_DONE} carries; 0 says done. */
    int errno() {
        return body.limit() < Integer.BYTES ? 0 : -body.getInt(0);
    }

    static int aligned(int length) {
        return (length + ALIGNMENT - 1) & -ALIGNMENT;
    }
}
