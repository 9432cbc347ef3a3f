// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import java.util.Optional;

/**
 * The structures by which recvmsg(2) tells where a message came from and what else the kernel knows of it: {@code struct
 * msghdr} and all that it points to, as they are laid out on 64-bit machines. Used by one thread.
 */
final class ReceiveHeader {

    private static final int MSGHDR_LENGTH = 56;
    private static final int NAME = 0;
    private static final int NAME_LENGTH = 8;
    private static final int VECTOR = 16;
    private static final int VECTOR_COUNT = 24;
    private static final int CONTROL = 32;
    private static final int CONTROL_LENGTH = 40;
    private static final int FLAGS = 48;

    private static final int IOVEC_LENGTH = 16;

    /** {@code struct sockaddr_in6}. */
    private static final int LONGEST_ADDRESS = 28;

    private static final int MOST_CONTROL = 128;

    /** {@code struct cmsghdr}: length with itself, level, type; each aligned to eight octets (cmsg(3)). */
    private static final int CMSGHDR_LENGTH = 16;

    private static final int CMSG_LEVEL = 8;
    private static final int CMSG_TYPE = 12;

    private final NativeBuffer header = new NativeBuffer(MSGHDR_LENGTH);
    private final NativeBuffer vector = new NativeBuffer(IOVEC_LENGTH);
    private final NativeBuffer source = new NativeBuffer(LONGEST_ADDRESS);
    private final NativeBuffer control = new NativeBuffer(MOST_CONTROL);

    /** @param payload where messages are to be put */
    ReceiveHeader(NativeBuffer payload) {
        vector.putLong(0, payload.address());
        vector.putLong(8, payload.capacity());
        header.putLong(NAME, source.address());
        header.putLong(VECTOR, vector.address());
        header.putLong(VECTOR_COUNT, 1);
        header.putLong(CONTROL, control.address());
    }

    /** Takes one message; its length, or the negated errno. */
    int receive(int descriptor) {
        header.putInt(NAME_LENGTH, LONGEST_ADDRESS);
        header.putLong(CONTROL_LENGTH, MOST_CONTROL);
        header.putInt(FLAGS, 0);
        return LinuxCalls.receiveMessage(descriptor, header);
    }

    /** Some octets of the socket address of the sender. */
    byte[] source(int offset, int length) {
        return source.get(offset, length);
    }

    /** What the kernel added under a level and type; empty if it did not, or less than that. */
    Optional<byte[]> control(int level, int type, int length) {
        int end = (int) Math.min(header.getLong(CONTROL_LENGTH), MOST_CONTROL);
        int at = 0;
        while (end - at >= CMSGHDR_LENGTH) {
            long size = control.getLong(at);
            if (size < CMSGHDR_LENGTH || size > end - at) {
                break;
            }
            if (control.getInt(at + CMSG_LEVEL) == level
                    && control.getInt(at + CMSG_TYPE) == type
                    && size >= CMSGHDR_LENGTH + length) {
                return Optional.of(control.get(at + CMSGHDR_LENGTH, length));
            }
            at += (int) (size + 7) & -8;
        }
        return Optional.empty();
    }
}
