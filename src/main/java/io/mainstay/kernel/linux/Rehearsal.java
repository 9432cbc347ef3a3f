// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.MacAddress;
import io.mainstay.net.VirtualAddress;
import java.util.List;

/**
 * Makes the calls of a takeover on an interface that cannot be there. The kernel refuses each, but the classes of the way to
 * it and back are loaded then and their call sites linked. Measured on a busy machine, the first address added and announced
 * in earnest took 10 to 70 milliseconds without a rehearsal and 1 to 5 with one, all of it outage.
 */
final class Rehearsal {

    /** The kernel counts interfaces from 1 up and does not come this far. */
    private static final LinkMessage NOWHERE = new LinkMessage(
            Integer.MAX_VALUE, new InterfaceName("nowhere"), Rtnetlink.ARPHRD_ETHER, 0, new MacAddress(0), 0);

    /** Of the ranges for documentation (RFC 5737, RFC 3849). */
    private static final List<VirtualAddress> ADDRESSES =
            List.of(VirtualAddress.parse("192.0.2.1/24"), VirtualAddress.parse("2001:db8::1/64"));

    private final NetlinkAddressTable addresses;
    private final PacketAnnouncer announcer;

    Rehearsal(NetlinkAddressTable addresses, PacketAnnouncer announcer) {
        this.addresses = addresses;
        this.announcer = announcer;
    }

    /** @throws KernelException if the kernel refuses for want of a privilege, as it would in earnest */
    void run() throws KernelException {
        for (VirtualAddress address : ADDRESSES) {
            IpHeader.prependTo(new IpDatagram(address.address(), address.address(), 255, new byte[8]));
            expectRefusal(() -> addresses.addTo(NOWHERE, address));
            expectRefusal(() -> announcer.announceOn(NOWHERE, NOWHERE.mac(), address.address()));
            expectRefusal(() -> addresses.removeFrom(NOWHERE, address));
        }
    }

    private interface KernelCall {
        void run() throws KernelException;
    }

    private static void expectRefusal(KernelCall call) throws KernelException {
        try {
            call.run();
        } catch (KernelException e) {
            if (e.errno() == Errno.EPERM) {
                throw e;
            }
        }
    }
}
