// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * A file to which whole lines are appended, and the generation before it, whose name ends with {@code .1}. Each is at most
 * {@code largestBytes} long, unless what is appended in one go is longer than that.
 *
 * <p>Used by one thread at a time. After an {@link IOException} the file ends with a whole line again as far as the disk
 * allows, and the next call opens it anew.
 */
final class LineFile {

    private final Path directory;
    private final String name;
    private final long largestBytes;
    private @Nullable FileChannel channel;

    LineFile(Path directory, String name, long largestBytes) {
        this.directory = directory;
        this.name = name;
        this.largestBytes = largestBytes;
    }

    /** Appends whole lines, with the line end behind the last one too. */
    void append(byte[] lines) throws IOException {
        try {
            FileChannel open = channel == null ? open() : channel;
            if (open.size() > 0 && open.size() + lines.length > largestBytes) {
                open.close();
                Files.move(
                        directory.resolve(name), directory.resolve(name + ".1"), StandardCopyOption.REPLACE_EXISTING);
                open = open();
            }
            writeWhole(open, lines);
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /** Waits until the disk has what was appended. */
    void force() throws IOException {
        try {
            if (channel != null) {
                channel.force(false);
            }
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    boolean isOpen() {
        return channel != null;
    }

    private FileChannel open() throws IOException {
        Files.createDirectories(directory);
        FileChannel opened = FileChannel.open(
                directory.resolve(name), StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
        channel = opened;
        opened.position(opened.size());
        endLastLine(opened);
        return opened;
    }

    /** A crash in the middle of a write leaves half a line; what follows must not be glued to it. */
    private static void endLastLine(FileChannel opened) throws IOException {
        if (opened.size() == 0) {
            return;
        }
        ByteBuffer last = ByteBuffer.allocate(1);
        if (opened.read(last, opened.size() - 1) == 1 && last.get(0) != '\n') {
            writeWhole(opened, new byte[] {'\n'});
        }
    }

    private static void writeWhole(FileChannel open, byte[] octets) throws IOException {
        long start = open.position();
        ByteBuffer buffer = ByteBuffer.wrap(octets);
        try {
            while (buffer.hasRemaining()) {
                open.write(buffer);
            }
        } catch (IOException e) {
            try {
                open.truncate(start);
            } catch (IOException alsoFailed) {
                e.addSuppressed(alsoFailed);
            }
            throw e;
        }
    }

    void close() {
        FileChannel open = channel;
        channel = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                // Everything was written before; nothing is lost by a failing close.
            }
        }
    }
}
