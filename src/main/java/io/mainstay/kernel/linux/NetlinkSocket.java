// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelException;
import java.util.ArrayList;
import java.util.List;

/**
 * Asks rtnetlink and takes its answers (rtnetlink(7)). Used by one thread.
 *
 * <p>rtnetlink works on a request while it is being sent, so that the answer stands in the receive queue as soon as the send
 * returns: nothing is waited for here. The send itself may have to wait for the kernel's lock over all interfaces.
 */
final class NetlinkSocket implements AutoCloseable {

    /** The kernel fills datagrams of a listing up to 32 KiB (netlink_dump). */
    private static final int LONGEST_DATAGRAM = 64 * 1024;

    /** How often a listing is begun anew because the table changed meanwhile. */
    private static final int MOST_ATTEMPTS = 16;

    private static final byte[] KERNEL = SocketAddresses.netlink(0);

    private final KernelSocket socket;
    private int lastSequence;

    private NetlinkSocket(KernelSocket socket) {
        this.socket = socket;
    }

    static NetlinkSocket open() throws KernelException {
        KernelSocket socket = KernelSocket.open(
                "rtnetlink socket",
                SocketConstants.AF_NETLINK,
                SocketConstants.SOCK_RAW,
                Rtnetlink.NETLINK_ROUTE,
                LONGEST_DATAGRAM);
        try {
            socket.bind(SocketAddresses.netlink(0));
            // Lets the kernel filter listings by interface.
            socket.setOption("NETLINK_GET_STRICT_CHK", Rtnetlink.SOL_NETLINK, Rtnetlink.NETLINK_GET_STRICT_CHK, 1);
            return new NetlinkSocket(socket);
        } catch (KernelException e) {
            socket.close();
            throw e;
        }
    }

    /**
     * Sends a request that is answered by an acknowledgement.
     *
     * @param operation what is asked for, for the message of an exception
     * @return 0, or the negated errno that the kernel answered
     */
    int execute(NetlinkRequest request, String operation) throws KernelException {
        int sequence = send(request, operation);
        while (true) {
            for (NetlinkMessage message : receive(operation)) {
                if (message.sequence() == sequence && message.type() == Rtnetlink.NLMSG_ERROR) {
                    return -message.errno();
                }
            }
        }
    }

    /** Sends a request that is answered by one message; throws what the kernel answers instead. */
    NetlinkMessage get(NetlinkRequest request, String operation) throws KernelException {
        int sequence = send(request, operation);
        while (true) {
            for (NetlinkMessage message : receive(operation)) {
                if (message.sequence() != sequence) {
                    continue;
                }
                if (message.type() == Rtnetlink.NLMSG_ERROR) {
                    throw new KernelException(operation, message.errno());
                }
                return message;
            }
        }
    }

    /**
     * Sends a request that is answered by a listing, and again when the kernel says that the listing does not hang together
     * because of a change during it.
     */
    List<NetlinkMessage> list(NetlinkRequest request, String operation) throws KernelException {
        for (int attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
            int sequence = send(request, operation);
            List<NetlinkMessage> listing = new ArrayList<>();
            if (receiveListing(sequence, listing, operation)) {
                return listing;
            }
        }
        throw new KernelException(
                operation + ": changed during each of " + MOST_ATTEMPTS + " listings", Errno.EAGAIN.number());
    }

    /** Whether the listing hangs together. */
    private boolean receiveListing(int sequence, List<NetlinkMessage> listing, String operation)
            throws KernelException {
        boolean consistent = true;
        while (true) {
            for (NetlinkMessage message : receive(operation)) {
                if (message.sequence() != sequence) {
                    continue;
                }
                consistent &= (message.flags() & Rtnetlink.NLM_F_DUMP_INTR) == 0;
                if (message.type() == Rtnetlink.NLMSG_DONE || message.type() == Rtnetlink.NLMSG_ERROR) {
                    if (message.errno() != 0) {
                        throw new KernelException(operation, message.errno());
                    }
                    return consistent;
                }
                listing.add(message);
            }
        }
    }

    private int send(NetlinkRequest request, String operation) throws KernelException {
        int sequence = ++lastSequence;
        LinuxCalls.check(socket.send(request.toOctets(sequence), KERNEL), operation);
        return sequence;
    }

    private List<NetlinkMessage> receive(String operation) throws KernelException {
        int length = LinuxCalls.check(socket.receive(), operation + ": answer of rtnetlink");
        if (length > socket.longestMessage()) {
            throw new KernelException(
                    operation + ": answer of rtnetlink of " + length + " octets (expected: at most "
                            + socket.longestMessage() + ")",
                    Errno.ENOBUFS.number());
        }
        return NetlinkMessage.parse(socket.received(length));
    }

    @Override
    public void close() {
        socket.close();
    }
}
