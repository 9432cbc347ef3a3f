// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A guard page in a file, looked at and changed as the guard would. */
record GuardPageFile(Path path) {

    /** An empty page, as mainstay-guard makes it. */
    static GuardPageFile create(Path path) throws IOException {
        ByteBuffer head = ByteBuffer.allocate(GuardPageLayout.SIZE)
                .order(ByteOrder.nativeOrder())
                .put(GuardPageLayout.MAGIC)
                .putInt(GuardPageLayout.VERSION)
                .putInt(GuardPageLayout.SIZE)
                .putInt(GuardPageLayout.SLOT_OFFSET)
                .putInt(GuardPageLayout.SLOT_OCTETS);
        Files.write(path, head.array());
        return new GuardPageFile(path);
    }

    long getLong(long offset) throws IOException {
        ByteBuffer word = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder());
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
            file.read(word, offset);
        }
        return word.getLong(0);
    }

    void putLong(long offset, long value) throws IOException {
        put(
                offset,
                ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder()).putLong(value));
    }

    void putInt(long offset, int value) throws IOException {
        put(
                offset,
                ByteBuffer.allocate(Integer.BYTES)
                        .order(ByteOrder.nativeOrder())
                        .putInt(value));
    }

    private void put(long offset, ByteBuffer value) throws IOException {
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.WRITE)) {
            file.write(value.flip(), offset);
        }
    }

    /** Does to the page what the guard does when it fences. */
    void fence(int reason, long atNanos, long lateByNanos) throws IOException {
        putInt(GuardPageLayout.FENCE_REASON_OFFSET, reason);
        putLong(GuardPageLayout.FENCED_AT_OFFSET, atNanos);
        putLong(GuardPageLayout.FENCED_LATE_BY_OFFSET, lateByNanos);
        putLong(GuardPageLayout.LEASE_OFFSET, GuardPageLayout.LEASE_FENCED);
    }
}
