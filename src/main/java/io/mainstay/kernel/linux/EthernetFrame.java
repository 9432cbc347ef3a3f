// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.net.MacAddress;
import java.nio.ByteBuffer;

/** The head of an Ethernet II frame. */
final class EthernetFrame {

    static final int HEADER_LENGTH = 14;

    /** Least length of a frame without its check sequence; some drivers do not fill up shorter ones. */
    static final int SHORTEST = 60;

    private EthernetFrame() {}

    /**
     * Writes the head of a frame.
     *
     * @param type EtherType
     * @return the frame in network byte order, positioned where the payload begins
     */
    static ByteBuffer writeHead(byte[] frame, MacAddress destination, MacAddress source, int type) {
        return ByteBuffer.wrap(frame)
                .put(destination.octets())
                .put(source.octets())
                .putShort((short) type);
    }
}
