// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.Consumer;

/** A netlink message being written: a header, a fixed body, attributes (netlink(7)). */
final class NetlinkRequest {

    private static final int LONGEST = 512;

    private final ByteBuffer octets = ByteBuffer.allocate(LONGEST).order(ByteOrder.nativeOrder());

    /**
     * @param flags beside {@link Rtnetlink#NLM_F_REQUEST}
     * @param body the fixed part, its length a multiple of four
     */
    NetlinkRequest(int type, int flags, byte[] body) {
        octets.putShort(4, (short) type);
        octets.putShort(6, (short) (Rtnetlink.NLM_F_REQUEST | flags));
        octets.position(NetlinkMessage.HEADER_LENGTH);
        octets.put(body);
    }

    NetlinkRequest attribute(int type, byte[] value) {
        int length = NetlinkMessage.ATTRIBUTE_HEADER_LENGTH + value.length;
        octets.putShort((short) length).putShort((short) type).put(value);
        octets.position(NetlinkMessage.aligned(octets.position()));
        return this;
    }

    NetlinkRequest attribute(int type, int value) {
        return attribute(
                type,
                ByteBuffer.allocate(Integer.BYTES)
                        .order(ByteOrder.nativeOrder())
                        .putInt(value)
                        .array());
    }

    /** An attribute that holds attributes. */
    NetlinkRequest nested(int type, Consumer<NetlinkRequest> content) {
        int start = octets.position();
        octets.position(start + NetlinkMessage.ATTRIBUTE_HEADER_LENGTH);
        content.accept(this);
        octets.putShort(start, (short) (octets.position() - start)).putShort(start + 2, (short) type);
        return this;
    }

    /** The whole message, to be answered under the given number. */
    byte[] toOctets(int sequence) {
        octets.putInt(0, octets.position());
        octets.putInt(8, sequence);
        return Arrays.copyOf(octets.array(), octets.position());
    }
}
