// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mainstay.observe.EventJournal;
import io.mainstay.time.MonotonicInstant;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens to whatever already stands where the control socket is to be. */
class SocketFileTest {

    @TempDir
    Path directory;

    private final List<ControlServer> servers = new ArrayList<>();
    private Path socket;
    private EventJournal journal;

    @BeforeEach
    void open() {
        socket = directory.resolve("control.sock");
        journal = EventJournal.open(directory.resolve("state"), () -> new MonotonicInstant(System.nanoTime()));
    }

    @AfterEach
    void close() {
        closeServers();
        journal.close();
    }

    private void server(Path path) throws IOException {
        servers.add(ControlServer.open(path, new FakeControlHandler(), journal));
    }

    private void closeServers() {
        servers.forEach(ControlServer::close);
        servers.clear();
    }

    private void staleSocket(Path path) throws IOException {
        try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            dead.bind(UnixDomainSocketAddress.of(path));
        }
        assertThat(Files.exists(path, LinkOption.NOFOLLOW_LINKS)).isTrue();
    }

    @Test
    void theSocketIsForOwnerAndGroupAloneAndGoesWithTheServer() throws Exception {
        server(socket);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                .isEqualTo("rw-rw----");
        assertThat(new ControlClient(socket).get("/v1/version").good()).isTrue();
        try (var files = Files.list(directory)) {
            assertThat(files.map(file -> file.getFileName().toString())).containsExactly("control.sock");
        }
        closeServers();
        assertThat(socket).doesNotExist();
    }

    @Test
    void aSecondDaemonIsRefusedAndTheFirstGoesOn() throws Exception {
        server(socket);
        assertThatThrownBy(() -> server(socket))
                .isInstanceOf(IOException.class)
                .hasMessage("another mainstayd answers at " + socket);
        assertThat(new ControlClient(socket).get("/v1/version").good()).isTrue();
    }

    @Test
    void theSocketOfADaemonThatDiedIsReplaced() throws Exception {
        staleSocket(socket);
        staleSocket(Path.of(socket + ".new"));
        server(socket);
        assertThat(new ControlClient(socket).get("/v1/version").good()).isTrue();
        closeServers();
        assertThat(socket).doesNotExist();
    }

    @Test
    void whatIsNotASocketIsLeftAlone() throws IOException {
        Files.writeString(socket, "precious");
        assertThatThrownBy(() -> server(socket))
                .isInstanceOf(IOException.class)
                .hasMessage("control socket " + socket + ": exists and is not a socket; it is left alone");
        assertThat(Files.readString(socket)).isEqualTo("precious");
        Files.delete(socket);
        Files.createSymbolicLink(socket, directory.resolve("elsewhere"));
        assertThatThrownBy(() -> server(socket)).hasMessageContaining("is not a socket");
    }

    @Test
    void aSocketThatReplacedOursIsNotRemoved() throws Exception {
        server(socket);
        Files.delete(socket);
        staleSocket(socket);
        closeServers();
        assertThat(Files.exists(socket, LinkOption.NOFOLLOW_LINKS)).isTrue();
    }

    @Test
    void theLongestPathWorksAndOneMoreByteIsRefusedWithItsLength() throws Exception {
        int room = 103 - directory.toString().length() - 1;
        Path longest = directory.resolve("x".repeat(room));
        server(longest);
        assertThat(new ControlClient(longest).get("/v1/version").good()).isTrue();
        Path tooLong = directory.resolve("x".repeat(room + 1));
        assertThatThrownBy(() -> server(tooLong))
                .hasMessage("control socket " + tooLong + ": the path has 104 bytes (expected: at most 103)");
    }

    @Test
    void aDirectoryThatCannotBeMadeIsTold() {
        Path nowhere = Path.of("/dev/null/run/control.sock");
        assertThatThrownBy(() -> server(nowhere))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("control socket " + nowhere + ": the directory cannot be made: ");
    }
}
