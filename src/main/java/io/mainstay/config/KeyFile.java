// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.election.wire.AuthenticationKey;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.HexFormat;
import java.util.Set;

/** What a key file gave, which is written as for keepalived: {@code hex:} and digits, or the characters of the key themselves. */
public sealed interface KeyFile {

    /** The octets of a key, of a legal length. */
    @SuppressWarnings("ArrayRecordComponent") // handed on once, never compared
    record Read(byte[] octets) implements KeyFile {}

    /**
     * No key.
     *
     * @param found what is wrong with the file
     * @param expected what it is to be
     */
    record Unusable(String found, String expected) implements KeyFile {}

    /** How a file says that its key is in hexadecimal. */
    String HEX = "hex:";

    /** As many as two digits for each octet, the word before them and a line end need. */
    int LARGEST_BYTES = 256;

    /** Others may neither read nor write it, and its group may read it at most: the daemon does not run as root. */
    Set<PosixFilePermission> FORBIDDEN = Set.of(
            PosixFilePermission.GROUP_WRITE,
            PosixFilePermission.GROUP_EXECUTE,
            PosixFilePermission.OTHERS_READ,
            PosixFilePermission.OTHERS_WRITE,
            PosixFilePermission.OTHERS_EXECUTE);

    /** Reads a file of this machine. */
    static KeyFile read(Path path) {
        try {
            PosixFileAttributes attributes = Files.readAttributes(path, PosixFileAttributes.class);
            if (!attributes.isRegularFile()) {
                return new Unusable("not a regular file", "a file with a key");
            }
            if (attributes.permissions().stream().anyMatch(FORBIDDEN::contains)) {
                return new Unusable(
                        "mode " + Integer.toOctalString(number(path, "unix:mode") & 07777),
                        "0640 or stricter: who can read the key can forge advertisements");
            }
            int owner = number(path, "unix:uid");
            if (owner != 0 && owner != number(Path.of("/proc/self"), "unix:uid")) {
                return new Unusable("owned by user " + owner, "owned by root, or by the user of the daemon");
            }
            try (InputStream in = Files.newInputStream(path)) {
                return parse(in.readNBytes(LARGEST_BYTES + 1));
            }
        } catch (NoSuchFileException e) {
            return new Unusable("no such file", "a file with a key");
        } catch (AccessDeniedException e) {
            return new Unusable("permission denied", "readable by the user of the daemon");
        } catch (IOException e) {
            return new Unusable(String.valueOf(e.getMessage()), "a file with a key");
        }
    }

    private static int number(Path path, String attribute) throws IOException {
        return (Integer) Files.getAttribute(path, attribute);
    }

    /** What a file with these octets gives. Its content appears in no message. */
    static KeyFile parse(byte[] content) {
        String text = new String(content, StandardCharsets.ISO_8859_1);
        String line = text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
        boolean oneLine = line.chars().allMatch(c -> c >= ' ' && c < 127);
        if (content.length > LARGEST_BYTES || !oneLine) {
            return new Unusable("not one line of printable ASCII characters", expected());
        }
        byte[] octets;
        try {
            octets = line.startsWith(HEX)
                    ? HexFormat.of().parseHex(line, HEX.length(), line.length())
                    : line.getBytes(StandardCharsets.US_ASCII);
        } catch (IllegalArgumentException e) {
            return new Unusable("not hexadecimal behind hex:", expected());
        }
        if (octets.length < AuthenticationKey.SHORTEST || octets.length > AuthenticationKey.LONGEST) {
            return new Unusable("a key of " + octets.length + " octets", expected());
        }
        return new Read(octets);
    }

    private static String expected() {
        return "one line: hex: and the digits of 32..64 octets, as openssl rand -hex 32 makes them, or 32..64 characters";
    }
}
