// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.KernelException;
import io.mainstay.net.Ipv4Address;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/**
 * What one process at a time has of the data path in a network namespace: its interfaces. Two would take each other's filters
 * off them.
 *
 * <p>A raw socket stands for it, of a protocol and at an address of the loopback network that nobody uses. To make one takes
 * CAP_NET_RAW; all processes of the namespace see it in {@code /proc/net/raw}, whatever files they see, as containers do that
 * share the network and nothing else; and it goes with its process. A lock does not do: a file may be one for each container,
 * and the file of the namespace itself (namespaces(7)) is one that every user may lock. May be used from any thread.
 */
final class NetworkClaim implements AutoCloseable {

    /** For experiments (RFC 3692): nobody sends it. */
    private static final int PROTOCOL = 253;

    private static final Ipv4Address PLACE = Ipv4Address.parse("127.77.83.1");

    private static final Path SOCKETS = Path.of("/proc/thread-self/net/raw");
    private static final Path PROCESSES = Path.of("/proc");

    /** Of processes that come at one moment each sees the other, and lets go; after another while they do not meet again. */
    private static final int TRIES = 5;

    private static final int LONGEST_PAUSE_MILLIS = 100;

    private final KernelSocket socket;

    private NetworkClaim(KernelSocket socket) {
        this.socket = socket;
    }

    /**
     * The claim to the network namespace of this thread; empty: another process has it.
     *
     * @throws IOException CAP_NET_RAW is missing; on some kernels also: the loopback interface is down
     */
    static Optional<NetworkClaim> take() throws IOException {
        for (int i = 0; i < TRIES; i++) {
            KernelSocket mine = mark();
            if (marks().size() == 1) {
                return Optional.of(new NetworkClaim(mine));
            }
            mine.close();
            pause();
        }
        return Optional.empty();
    }

    private static KernelSocket mark() throws IOException {
        try {
            KernelSocket socket = KernelSocket.open(
                    "raw socket that claims the network namespace (needs CAP_NET_RAW)",
                    SocketConstants.AF_INET,
                    SocketConstants.SOCK_RAW,
                    PROTOCOL,
                    1);
            try {
                socket.bind(SocketAddresses.ipv4(PLACE));
                return socket;
            } catch (KernelException e) {
                socket.close();
                throw e;
            }
        } catch (KernelException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** The inodes of all sockets that claim this namespace. */
    private static List<String> marks() throws IOException {
        int address =
                ByteBuffer.wrap(PLACE.octets()).order(ByteOrder.nativeOrder()).getInt();
        String place = String.format("%08X:%04X", address, PROTOCOL);
        // sl local_address rem_address st tx_queue:rx_queue tr:when retrnsmt uid timeout inode
        try (Stream<String> lines = Files.lines(SOCKETS)) {
            return lines.map(line -> line.strip().split("\\s+"))
                    .filter(words -> words.length > 9 && words[1].equals(place))
                    .map(words -> words[9])
                    .toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static void pause() throws IOException {
        try {
            Thread.sleep(ThreadLocalRandom.current().nextInt(1, LONGEST_PAUSE_MILLIS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while claiming the network namespace", e);
        }
    }

    /** Who has it, for people: a process by its number, if it is one into which this process can look. */
    static String holder() {
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROCESSES, "[0-9]*")) {
            List<String> sockets =
                    marks().stream().map(inode -> "socket:[" + inode + "]").toList();
            for (Path process : processes) {
                if (hasOneOf(process, sockets)) {
                    return "process " + process.getFileName();
                }
            }
        } catch (IOException unknown) {
            // Nobody is to be told less than that there is somebody.
        }
        return "another process";
    }

    private static boolean hasOneOf(Path process, List<String> sockets) {
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
            for (Path descriptor : descriptors) {
                if (sockets.contains(target(descriptor))) {
                    return true;
                }
            }
        } catch (IOException | DirectoryIteratorException goneOrForbidden) {
            return false;
        }
        return false;
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException closedMeanwhile) {
            return "";
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
