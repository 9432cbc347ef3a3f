// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.KernelException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Our filters on the ingress hook of an interface, told from those of others as in native/bpf/attach.c. */
enum IngressFilter {
    DATA_PATH(0x4d53, 1),
    DETOUR(0x4d54, 2);

    /** {@code struct tcmsg} of linux/rtnetlink.h. */
    private static final int BODY_LENGTH = 20;

    /** Of clsact, the side on which packets arrive (linux/pkt_sched.h). */
    private static final int INGRESS = 0xFFFF_FFF2;

    private static final byte[] KIND = "bpf\0".getBytes(StandardCharsets.US_ASCII);

    private final int handle;
    private final int priority;

    IngressFilter(int handle, int priority) {
        this.handle = handle;
        this.priority = priority;
    }

    /** Whether it is on an interface, given by its number; on none that is not there. */
    boolean isOn(int interfaceIndex, NetlinkSocket netlink) throws KernelException {
        byte[] body = ByteBuffer.allocate(BODY_LENGTH)
                .order(ByteOrder.nativeOrder())
                .putInt(4, interfaceIndex)
                .putInt(12, INGRESS)
                .array();
        NetlinkRequest request = new NetlinkRequest(Rtnetlink.RTM_GETTFILTER, Rtnetlink.NLM_F_DUMP, body);
        return netlink.list(request, "list the filters of interface " + interfaceIndex).stream()
                .anyMatch(this::isIn);
    }

    private boolean isIn(NetlinkMessage message) {
        ByteBuffer body = message.body();
        return message.type() == Rtnetlink.RTM_NEWTFILTER
                && body.limit() >= BODY_LENGTH
                && body.getInt(8) == handle
                && body.getInt(16) >>> 16 == priority
                && Arrays.equals(message.attribute(BODY_LENGTH, Rtnetlink.TCA_KIND), KIND);
    }
}
