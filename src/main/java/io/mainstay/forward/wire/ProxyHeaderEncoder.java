// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.mainstay.net.Ipv4Address;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Writes headers of the PROXY protocol. Stateless; any thread. */
public final class ProxyHeaderEncoder {

    private static final int CHECKSUM_EXTENSION = 7;

    private static final byte[] V1_UNKNOWN = "PROXY UNKNOWN\r\n".getBytes(US_ASCII);

    private ProxyHeaderEncoder() {}

    /** The header of a connection that is passed on for a client. */
    public static byte[] forClient(ProxyVersion version, ClientRoute route) {
        if (!route.isOfOneFamily()) {
            return forSelf(version);
        }
        return version == ProxyVersion.V1 ? line(route) : octets(route);
    }

    /** The header of a connection that this node makes for itself, as health checks do. */
    public static byte[] forSelf(ProxyVersion version) {
        if (version == ProxyVersion.V1) {
            return V1_UNKNOWN.clone();
        }
        return ByteBuffer.allocate(ProxyHeaderDecoder.V2_PREFIX)
                .put(ProxyHeaderDecoder.V2_SIGNATURE)
                .put((byte) 0x20)
                .put((byte) 0)
                .putShort((short) 0)
                .array();
    }

    private static byte[] line(ClientRoute route) {
        String family = route.client().address() instanceof Ipv4Address ? "TCP4" : "TCP6";
        return ("PROXY " + family + " " + route.client().address() + " "
                        + route.server().address() + " " + route.client().port() + " "
                        + route.server().port() + "\r\n")
                .getBytes(US_ASCII);
    }

    private static byte[] octets(ClientRoute route) {
        byte[] client = route.client().address().octets();
        byte[] server = route.server().address().octets();
        int addresses = 2 * client.length + 4;
        int length = ProxyHeaderDecoder.V2_PREFIX + addresses + CHECKSUM_EXTENSION;
        ByteBuffer header = ByteBuffer.allocate(length).order(ByteOrder.BIG_ENDIAN);
        header.put(ProxyHeaderDecoder.V2_SIGNATURE)
                .put((byte) 0x21)
                .put((byte) (client.length == 4 ? 0x11 : 0x21))
                .putShort((short) (addresses + CHECKSUM_EXTENSION))
                .put(client)
                .put(server)
                .putShort((short) route.client().port())
                .putShort((short) route.server().port())
                .put((byte) ProxyHeaderDecoder.TYPE_CRC32C)
                .putShort((short) 4);
        header.putInt(length - 4, ProxyHeaderDecoder.checksum(header.position(0), length - 4));
        return header.array();
    }
}
