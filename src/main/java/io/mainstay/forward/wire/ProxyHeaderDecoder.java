// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.wire;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.mainstay.net.Endpoint;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Ipv6Address;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Reads headers of the PROXY protocol, version 1 and 2 ("The PROXY protocol" by Willy Tarreau, revision of 2020/03/05). No
 * octets whatever make it throw.
 *
 * <p>Strict where the protocol leaves a choice: what is not a header to the letter is malformed, because whoever sends
 * something else was told wrongly to be trusted. Stateless; any thread.
 */
public final class ProxyHeaderDecoder {

    /** Longest header of version 2 that is taken; a chain of certificates in it would be longer, a name in it is not. */
    public static final int MAX_LENGTH = 4096;

    static final byte[] V1_SIGNATURE = "PROXY ".getBytes(ISO_8859_1);
    static final byte[] V2_SIGNATURE = {0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A};

    static final int V2_PREFIX = 16;
    static final int TYPE_CRC32C = 0x03;

    private static final int V1_MAX_LENGTH = 107;
    private static final int CRC_LENGTH = 4;
    private static final int IPV4_ADDRESSES = 12;
    private static final int IPV6_ADDRESSES = 36;
    private static final int UNIX_ADDRESSES = 216;

    private ProxyHeaderDecoder() {}

    /** Reads what stands between position and limit; the buffer stays as it is. */
    public static ProxyHeader decode(ByteBuffer octets) {
        ByteBuffer input = octets.slice();
        if (!input.hasRemaining()) {
            return new ProxyHeader.Incomplete();
        }
        if (input.get(0) == V1_SIGNATURE[0]) {
            return begins(input, V1_SIGNATURE) ? version1(input) : malformed("neither PROXY nor the signature of v2");
        }
        return begins(input, V2_SIGNATURE) ? version2(input) : malformed("neither PROXY nor the signature of v2");
    }

    private static boolean begins(ByteBuffer input, byte[] signature) {
        int length = Math.min(input.remaining(), signature.length);
        for (int i = 0; i < length; i++) {
            if (input.get(i) != signature[i]) {
                return false;
            }
        }
        return true;
    }

    private static ProxyHeader malformed(String reason) {
        return new ProxyHeader.Malformed("PROXY header: " + reason);
    }

    private static ProxyHeader version1(ByteBuffer input) {
        int searched = Math.min(input.remaining(), V1_MAX_LENGTH);
        int end = 0;
        while (end < searched && input.get(end) != '\r' && input.get(end) != '\n') {
            end++;
        }
        if (end + 1 >= searched) {
            boolean mayGoOn = searched < V1_MAX_LENGTH && (end == searched || input.get(end) == '\r');
            return mayGoOn ? new ProxyHeader.Incomplete() : malformed("no CRLF at the end of the line");
        }
        if (input.get(end) != '\r' || input.get(end + 1) != '\n') {
            return malformed("a line that ends without CRLF");
        }
        byte[] line = new byte[end];
        input.get(0, line);
        return line(new String(line, ISO_8859_1), end + 2);
    }

    private static ProxyHeader line(String line, int length) {
        String[] words = line.split(" ", -1);
        String protocol = words[1];
        if (protocol.equals("UNKNOWN")) {
            return new ProxyHeader.Complete(length, Optional.empty());
        }
        if (words.length != 6) {
            return malformed("words: " + words.length + " (expected: PROXY, protocol, two addresses, two ports)");
        }
        try {
            return switch (protocol) {
                case "TCP4" ->
                    complete(length, Ipv4Address.parse(words[2]), Ipv4Address.parse(words[3]), words[4], words[5]);
                case "TCP6" ->
                    complete(length, Ipv6Address.parse(words[2]), Ipv6Address.parse(words[3]), words[4], words[5]);
                default -> malformed("protocol: " + printable(protocol) + " (expected: TCP4, TCP6 or UNKNOWN)");
            };
        } catch (IllegalArgumentException notAnAddress) {
            return malformed(printable(String.valueOf(notAnAddress.getMessage())));
        }
    }

    /** What comes from the network must not speak to a terminal. */
    private static String printable(String text) {
        return text.replaceAll("[^\\x20-\\x7E]", "?");
    }

    private static ProxyHeader complete(
            int length, IpAddress source, IpAddress destination, String sourcePort, String destinationPort) {
        return complete(length, source, destination, port(sourcePort), port(destinationPort));
    }

    private static int port(String text) {
        boolean legal = !text.isEmpty()
                && text.length() <= 5
                && text.chars().allMatch(c -> c >= '0' && c <= '9')
                && (text.length() == 1 || text.charAt(0) != '0');
        int port = legal ? Integer.parseInt(text) : -1;
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("port: " + text + " (expected: 0..65535)");
        }
        return port;
    }

    /** Port 0 is legal and no TCP connection has it: who writes it does not know where the connection came from. */
    private static ProxyHeader complete(
            int length, IpAddress source, IpAddress destination, int sourcePort, int destinationPort) {
        return new ProxyHeader.Complete(
                length,
                sourcePort == 0 || destinationPort == 0
                        ? Optional.empty()
                        : Optional.of(new ClientRoute(
                                new Endpoint(source, sourcePort), new Endpoint(destination, destinationPort))));
    }

    private static ProxyHeader version2(ByteBuffer input) {
        if (input.remaining() < V2_PREFIX) {
            return new ProxyHeader.Incomplete();
        }
        int versionAndCommand = input.get(12) & 0xFF;
        if (versionAndCommand != 0x20 && versionAndCommand != 0x21) {
            return malformed(String.format("version and command: 0x%02x (expected: 0x20 or 0x21)", versionAndCommand));
        }
        int family = (input.get(13) & 0xFF) >> 4;
        int transport = input.get(13) & 0x0F;
        if (family > 3 || transport > 2) {
            return malformed(String.format("family and transport: 0x%02x (expected: 0..3, 0..2)", input.get(13)));
        }
        int length = V2_PREFIX + (input.getShort(14) & 0xFFFF);
        if (length > MAX_LENGTH) {
            return malformed("length: " + length + " (expected: at most " + MAX_LENGTH + ")");
        }
        if (input.remaining() < length) {
            return new ProxyHeader.Incomplete();
        }
        boolean local = versionAndCommand == 0x20;
        if (local || family == 0 || transport == 0) {
            return new ProxyHeader.Complete(length, Optional.empty());
        }
        int addresses = switch (family) {
            case 1 -> IPV4_ADDRESSES;
            case 2 -> IPV6_ADDRESSES;
            default -> UNIX_ADDRESSES;
        };
        if (length < V2_PREFIX + addresses) {
            return malformed("length: " + (length - V2_PREFIX) + " (expected: at least " + addresses + ")");
        }
        String defect = defectOfExtensions(input.slice(0, length), V2_PREFIX + addresses);
        if (defect != null) {
            return malformed(defect);
        }
        if (family == 3 || transport != 1) {
            return new ProxyHeader.Complete(length, Optional.empty());
        }
        int size = family == 1 ? 4 : 16;
        int ports = V2_PREFIX + 2 * size;
        return complete(
                length,
                address(input, V2_PREFIX, size),
                address(input, V2_PREFIX + size, size),
                input.getShort(ports) & 0xFFFF,
                input.getShort(ports + 2) & 0xFFFF);
    }

    private static IpAddress address(ByteBuffer input, int from, int size) {
        byte[] octets = new byte[size];
        input.get(from, octets);
        return IpAddress.ofOctets(octets);
    }

    /** Walks through type, length and value behind the addresses; null if all is well. */
    private static @Nullable String defectOfExtensions(ByteBuffer header, int from) {
        int next = from;
        int checksumAt = -1;
        while (next < header.limit()) {
            if (next + 3 > header.limit()) {
                return "an extension that is cut off";
            }
            int type = header.get(next) & 0xFF;
            int length = header.getShort(next + 1) & 0xFFFF;
            if (next + 3 + length > header.limit()) {
                return String.format(
                        "extension 0x%02x: %d octets (expected: %d at most)", type, length, header.limit() - next - 3);
            }
            if (type == TYPE_CRC32C) {
                if (length != CRC_LENGTH || checksumAt >= 0) {
                    return "checksum: " + length + " octets (expected: 4, once)";
                }
                checksumAt = next + 3;
            }
            next += 3 + length;
        }
        return checksumAt < 0 || header.getInt(checksumAt) == checksum(header, checksumAt)
                ? null
                : String.format(
                        "checksum: 0x%08x (expected: 0x%08x)", header.getInt(checksumAt), checksum(header, checksumAt));
    }

    /** The checksum of a whole header, with zeros where the checksum itself stands. */
    static int checksum(ByteBuffer header, int checksumAt) {
        byte[] octets = new byte[header.limit()];
        header.get(0, octets);
        CRC32C crc = new CRC32C();
        crc.update(octets, 0, checksumAt);
        crc.update(new byte[CRC_LENGTH], 0, CRC_LENGTH);
        crc.update(octets, checksumAt + CRC_LENGTH, octets.length - checksumAt - CRC_LENGTH);
        return (int) crc.getValue();
    }
}
