// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import io.mainstay.config.ConfigFile;
import io.mainstay.config.ConfigResult;
import io.mainstay.config.EffectiveConfig;
import io.mainstay.config.HostFacts;
import io.mainstay.config.MainstayConfig;
import io.mainstay.observe.IoProblem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/** A place for a new configuration, where what somebody wrote is never lost. */
final class ConfigTarget {

    private static final String MODE = "rw-r-----";
    private static final int MOST_BACKUPS = 100;

    private final Path file;

    private ConfigTarget(Path file) {
        this.file = file;
    }

    /**
     * Sees to it that a file can be written there and that nothing of worth stands there.
     *
     * @param force whether what stands there may be of worth; it is kept under another name anyway
     * @throws CommandFailure if not
     */
    static ConfigTarget of(Path file, boolean force) {
        try {
            // A link stays, and what it leads to is replaced.
            Path target = Files.isSymbolicLink(file) ? file.toRealPath() : file.toAbsolutePath();
            Path directory = target.getParent();
            if (directory == null || !Files.isDirectory(directory)) {
                throw new CommandFailure(ExitCode.FAILED, file + ": its directory is not there");
            }
            if (!Files.isWritable(directory)) {
                throw new CommandFailure(
                        ExitCode.NOT_PERMITTED,
                        "cannot write " + file + ": Permission denied (expected: to be run by root, or other files by "
                                + InitCommand.OUTPUT + " and " + InitCommand.PEER_OUTPUT + ")");
            }
            if (!force && Files.exists(target, LinkOption.NOFOLLOW_LINKS) && !saysNothing(target)) {
                throw new CommandFailure(
                        ExitCode.FAILED,
                        file + ": exists and has been edited (expected: no such file, or the one of the package; "
                                + InitCommand.FORCE + " replaces it and keeps the old one beside it)");
            }
            return new ConfigTarget(target);
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.FAILED, "cannot write " + IoProblem.describe(e));
        }
    }

    /** Whether a file means the same as one without any key, as the package ships it. */
    private static boolean saysNothing(Path file) {
        HostFacts host = HostFacts.ofThisMachine();
        return ConfigFile.load(file, host) instanceof ConfigResult.Valid there
                && ConfigFile.parse("node: {}\n", "empty", host) instanceof ConfigResult.Valid empty
                && EffectiveConfig.hash(there.config()).equals(EffectiveConfig.hash(empty.config()));
    }

    /** The configuration that stands there; empty if there is none, or none that may be used. */
    Optional<MainstayConfig> present() {
        return Files.exists(file) && ConfigFile.load(file) instanceof ConfigResult.Valid there
                ? Optional.of(there.config())
                : Optional.empty();
    }

    /**
     * Writes the file, whole or not at all, for the group of its directory to read and for nobody else.
     *
     * @return under which name the file is kept that stood there
     */
    Optional<Path> write(String yaml) {
        try {
            Path written = writeBeside(yaml);
            try {
                Optional<Path> kept = keepOld();
                Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
                return kept;
            } finally {
                Files.deleteIfExists(written);
            }
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.FAILED, "cannot write " + IoProblem.describe(e));
        }
    }

    private Path writeBeside(String yaml) throws IOException {
        Path written = Files.createTempFile(directory(), ".mainstay", ".new");
        try (FileChannel channel = FileChannel.open(written, StandardOpenOption.WRITE)) {
            ByteBuffer octets = ByteBuffer.wrap(yaml.getBytes(StandardCharsets.UTF_8));
            while (octets.hasRemaining()) {
                channel.write(octets);
            }
            channel.force(true);
        }
        PosixFileAttributeView view = Files.getFileAttributeView(written, PosixFileAttributeView.class);
        view.setGroup(
                Files.readAttributes(directory(), PosixFileAttributes.class).group());
        view.setPermissions(PosixFilePermissions.fromString(MODE));
        return written;
    }

    private Path directory() {
        Path directory = file.getParent();
        if (directory == null) {
            throw new AssertionError("looked at before");
        }
        return directory;
    }

    /** A second name for the old file, so that there is no moment without either. */
    private Optional<Path> keepOld() throws IOException {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        for (int number = 1; number <= MOST_BACKUPS; number++) {
            Path name = file.resolveSibling(file.getFileName() + ".bak" + (number == 1 ? "" : number));
            try {
                return Optional.of(Files.createLink(name, file));
            } catch (FileAlreadyExistsException e) {
                // One more that is kept.
            }
        }
        throw new IOException(file + ".bak" + MOST_BACKUPS + ": exists (expected: some of them to be removed)");
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
