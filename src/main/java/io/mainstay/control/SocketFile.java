// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import io.mainstay.config.ControlSettings;
import io.mainstay.observe.IoProblem;
import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * The file of the control socket: gets its name only when it listens and has its permissions, never takes the place of a
 * living daemon's socket or of anything that is not a socket, and is removed only while it is still the same file.
 *
 * <p>Every {@link IOException} has a message for the operator.
 */
final class SocketFile {

    private static final String SUFFIX_WHILE_MADE = ".new";
    private static final int FILE_TYPE = 0xF000;
    private static final int TYPE_SOCKET = 0xC000;

    private final Path path;
    private @Nullable Object identity;

    SocketFile(Path path) {
        this.path = path;
    }

    /** Where to bind first. The socket of a daemon that died is out of the way afterwards. */
    Path prepare() throws IOException {
        int length = path.toString().getBytes(StandardCharsets.UTF_8).length;
        if (length > ControlSettings.LONGEST_SOCKET_PATH) {
            throw new IOException("control socket " + path + ": the path has " + length + " bytes (expected: at most "
                    + ControlSettings.LONGEST_SOCKET_PATH + ")");
        }
        Path directory = path.toAbsolutePath().getParent();
        if (directory != null) {
            try {
                Files.createDirectories(directory);
            } catch (IOException e) {
                throw new IOException(
                        "control socket " + path + ": the directory cannot be made: " + IoProblem.describe(e), e);
            }
        }
        refuseIfInUse(path);
        Path whileMade = whileMade();
        refuseIfInUse(whileMade);
        Files.deleteIfExists(whileMade);
        return whileMade;
    }

    private Path whileMade() {
        return Path.of(path + SUFFIX_WHILE_MADE);
    }

    /** Gives the bound socket its permissions, for owner and group, and then its name. */
    void publish() throws IOException {
        Path whileMade = whileMade();
        Files.setPosixFilePermissions(whileMade, PosixFilePermissions.fromString("rw-rw----"));
        identity = identityOf(whileMade);
        Files.move(whileMade, path, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Removes the socket, unless somebody has put another file in its place. */
    void remove() {
        try {
            if (identity != null && identity.equals(identityOf(path))) {
                Files.delete(path);
            }
        } catch (IOException e) {
            // It is gone, or will be replaced by the next daemon as one that nobody answers on.
        }
        identity = null;
    }

    private static @Nullable Object identityOf(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .fileKey();
    }

    private static void refuseIfInUse(Path file) throws IOException {
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Object mode = Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS);
        if (!(mode instanceof Integer bits) || (bits & FILE_TYPE) != TYPE_SOCKET) {
            throw new IOException("control socket " + file + ": exists and is not a socket; it is left alone");
        }
        // Not blocking: a daemon that is frozen with a full queue answers by refusing to queue, which counts.
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            probe.configureBlocking(false);
            probe.connect(UnixDomainSocketAddress.of(file));
        } catch (ConnectException e) {
            return;
        } catch (IOException e) {
            throw new IOException(
                    "control socket " + file + ": exists and cannot be tried (" + IoProblem.describe(e)
                            + "); it is left alone",
                    e);
        }
        throw new IOException("another mainstayd answers at " + file);
    }
}
