// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelEvent;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.InterfaceName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Takes the whole frames of one EtherType that arrive on an interface. */
final class FrameCapture implements PollSource, AutoCloseable {

    private static final int MOST_TURNS = 300;

    private final KernelSocket socket;
    private final PollSet sources = new PollSet();

    private FrameCapture(KernelSocket socket) {
        this.socket = socket;
        sources.add(this);
    }

    static FrameCapture open(InterfaceName interfaceName, int etherType) throws KernelException {
        KernelSocket socket = KernelSocket.open(
                "capture on " + interfaceName, SocketConstants.AF_PACKET, SocketConstants.SOCK_RAW, 0, 2048);
        try (NetlinkSocket netlink = NetlinkSocket.open()) {
            int index = new NetlinkLinkTable(netlink)
                    .require(interfaceName, "capture")
                    .index();
            socket.bind(SocketAddresses.packet(index, etherType));
        }
        return new FrameCapture(socket);
    }

    /** The first frame of which the condition holds. */
    byte[] awaitFrame(Predicate<byte[]> condition) throws KernelException {
        List<String> others = new ArrayList<>();
        for (int turn = 0; turn < MOST_TURNS; turn++) {
            int length = socket.receive();
            if (LinuxCalls.failedWith(length, Errno.EAGAIN)) {
                sources.await(Optional.of(Duration.ofMillis(100)));
            } else {
                byte[] frame = socket.received(LinuxCalls.check(length, "capture"));
                if (condition.test(frame)) {
                    return frame;
                }
                others.add(HexFormat.of().formatHex(frame));
            }
        }
        throw new AssertionError("the frame did not come; those that came: " + others);
    }

    @Override
    public int descriptor() {
        return socket.descriptor();
    }

    @Override
    public void drain(int mostMessages, Consumer<KernelEvent> sink) {
        throw new UnsupportedOperationException("frames are taken one by one");
    }

    @Override
    public void close() {
        socket.close();
    }
}
