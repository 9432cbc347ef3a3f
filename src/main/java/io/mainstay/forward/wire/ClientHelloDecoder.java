// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.wire;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the first message of a TLS client, without decrypting anything: RFC 8446 §4.1.2 and §5.1, whose outer form TLS 1.0 to
 * 1.3 share; server names by RFC 6066 §3, application protocols by RFC 7301 §3.1. The message may be cut into several
 * records. No octets whatever make it throw. Stateless; any thread.
 */
public final class ClientHelloDecoder {

    /** Longest message that is read; with the key shares and tickets of today it has less than 4 KiB. */
    public static final int MAX_MESSAGE = 16 * 1024;

    private static final int RECORD_HEADER = 5;
    private static final int MAX_RECORD = 1 << 14;
    private static final int TYPE_HANDSHAKE = 22;
    private static final int MESSAGE_HEADER = 4;
    private static final int TYPE_CLIENT_HELLO = 1;
    private static final int EXTENSION_SERVER_NAME = 0;
    private static final int EXTENSION_ALPN = 16;
    private static final int HOST_NAME = 0;

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,253}");

    private ClientHelloDecoder() {}

    /** What is wrong with a message. */
    private static final class Broken extends Exception {

        private static final long serialVersionUID = 1;

        Broken(String reason) {
            super(reason, null, false, false);
        }
    }

    /** Reads what stands between position and limit; the buffer stays as it is. */
    public static ClientHello decode(ByteBuffer octets) {
        try {
            ByteBuffer message = message(octets.slice());
            return message == null ? new ClientHello.Incomplete() : hello(message);
        } catch (Broken broken) {
            return new ClientHello.NotTls("ClientHello: " + broken.getMessage());
        }
    }

    /** The body of the message, put together from the records; null: not all of it is there. */
    private static @Nullable ByteBuffer message(ByteBuffer input) throws Broken {
        ByteBuffer message = ByteBuffer.allocate(MESSAGE_HEADER + MAX_MESSAGE);
        int at = 0;
        int wanted = MESSAGE_HEADER;
        while (message.position() < wanted) {
            requireBeginOfRecord(input, at);
            if (input.limit() - at < RECORD_HEADER) {
                return null;
            }
            int length = input.getShort(at + 3) & 0xFFFF;
            if (length == 0 || length > MAX_RECORD) {
                throw new Broken("record of " + length + " octets (expected: 1.." + MAX_RECORD + ")");
            }
            at += RECORD_HEADER;
            int there = Math.min(length, input.limit() - at);
            message.put(message.position(), input, at, Math.min(there, message.capacity() - message.position()));
            message.position(Math.min(message.position() + there, message.capacity()));
            at += there;
            wanted = wanted(message);
            if (there < length && message.position() < wanted) {
                return null;
            }
        }
        return message.slice(MESSAGE_HEADER, wanted - MESSAGE_HEADER);
    }

    /** What is not a record of a handshake shows in its first octets, for which nobody has to wait. */
    private static void requireBeginOfRecord(ByteBuffer input, int at) throws Broken {
        if (at < input.limit() && input.get(at) != TYPE_HANDSHAKE) {
            throw new Broken("record of type " + (input.get(at) & 0xFF) + " (expected: 22)");
        }
        if (at + 1 < input.limit() && input.get(at + 1) != 3) {
            throw new Broken("record of version " + (input.get(at + 1) & 0xFF) + " (expected: 3)");
        }
    }

    /** How many octets the message has with its header, as far as that is known. */
    private static int wanted(ByteBuffer message) throws Broken {
        if (message.position() > 0 && message.get(0) != TYPE_CLIENT_HELLO) {
            throw new Broken("message of type " + (message.get(0) & 0xFF) + " (expected: 1)");
        }
        if (message.position() < MESSAGE_HEADER) {
            return MESSAGE_HEADER;
        }
        int length = message.getInt(0) & 0xFFFFFF;
        if (length > MAX_MESSAGE) {
            throw new Broken("message of " + length + " octets (expected: at most " + MAX_MESSAGE + ")");
        }
        return MESSAGE_HEADER + length;
    }

    private static ClientHello hello(ByteBuffer body) throws Broken {
        // Version and random.
        take(body, 2 + 32, "version and random");
        ByteBuffer session = vector(body, 1, "session");
        if (session.limit() > 32) {
            throw new Broken("session of " + session.limit() + " octets (expected: at most 32)");
        }
        vector(body, 2, "cipher suites");
        vector(body, 1, "compression methods");
        Optional<String> serverName = Optional.empty();
        List<String> protocols = List.of();
        if (body.hasRemaining()) {
            ByteBuffer extensions = vector(body, 2, "extensions");
            boolean named = false;
            while (extensions.hasRemaining()) {
                int type = number(extensions, 2, "extension");
                ByteBuffer extension = vector(extensions, 2, "extension " + type);
                if (type == EXTENSION_SERVER_NAME && !named) {
                    named = true;
                    serverName = serverName(extension);
                } else if (type == EXTENSION_ALPN && protocols.isEmpty()) {
                    protocols = protocols(extension);
                }
            }
        }
        return new ClientHello.Complete(serverName, protocols);
    }

    private static Optional<String> serverName(ByteBuffer extension) throws Broken {
        ByteBuffer names = vector(extension, 2, "server names");
        while (names.hasRemaining()) {
            int type = number(names, 1, "type of server name");
            String name = text(vector(names, 2, "server name"));
            if (type == HOST_NAME) {
                if (!NAME.matcher(name).matches()) {
                    throw new Broken("server name of " + name.length() + " octets (expected: a name)");
                }
                String withoutRoot = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
                return Optional.of(withoutRoot.toLowerCase(Locale.ROOT));
            }
        }
        return Optional.empty();
    }

    private static List<String> protocols(ByteBuffer extension) throws Broken {
        ByteBuffer names = vector(extension, 2, "protocols");
        List<String> protocols = new ArrayList<>();
        while (names.hasRemaining()) {
            protocols.add(text(vector(names, 1, "protocol")));
        }
        return protocols;
    }

    /** Something with its length before it, in so many octets. */
    private static ByteBuffer vector(ByteBuffer input, int lengthOctets, String what) throws Broken {
        int length = number(input, lengthOctets, what);
        return take(input, length, what);
    }

    private static ByteBuffer take(ByteBuffer input, int length, String what) throws Broken {
        if (input.remaining() < length) {
            throw new Broken(what + ": " + length + " octets (expected: at most " + input.remaining() + ")");
        }
        ByteBuffer taken = input.slice(input.position(), length);
        input.position(input.position() + length);
        return taken;
    }

    private static int number(ByteBuffer input, int octets, String what) throws Broken {
        ByteBuffer taken = take(input, octets, what);
        return octets == 1 ? taken.get() & 0xFF : taken.getShort() & 0xFFFF;
    }

    private static String text(ByteBuffer octets) {
        byte[] copy = new byte[octets.remaining()];
        octets.get(copy);
        return new String(copy, ISO_8859_1);
    }
}
