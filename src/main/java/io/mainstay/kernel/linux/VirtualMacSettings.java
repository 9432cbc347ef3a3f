// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelException;
import io.mainstay.kernel.VirtualInterface;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpFamily;

/**
 * What the kernel has to be told so that a virtual MAC address is answered for its own addresses alone, and these by it alone
 * (docs/operating.md tells each setting and why).
 */
final class VirtualMacSettings {

    /** Answer for addresses of the interface alone on which the question came. */
    private static final String ARP_IGNORE = "arp_ignore";

    private static final int OWN_ADDRESSES_ALONE = 1;

    /** Ask with an address of the interface alone, whatever address the packet behind the question comes from. */
    private static final String ARP_ANNOUNCE = "arp_announce";

    private static final int BEST_OWN_ADDRESS = 2;

    private static final String RP_FILTER = "rp_filter";

    /** The sender is reachable by some interface, not necessarily this one. */
    private static final int LOOSE = 2;

    private static final String FORWARDING = "forwarding";
    private static final int ADDR_GEN_MODE_NONE = 1;

    /** What the parent had before. */
    record Before(int arpIgnore, int arpAnnounce) {}

    private VirtualMacSettings() {}

    /** Makes the settings of an interface that was just made and is down. */
    static void make(VirtualInterface wanted) throws KernelException {
        ipv4(wanted);
        InterfaceSettings ipv6 = new InterfaceSettings(IpFamily.IPV6, wanted.name());
        if (!ipv6.exist()) {
            return;
        }
        if (wanted.family() == IpFamily.IPV4) {
            // No link-local address, no group, no router advertisement taken in: nothing of IPv6 for this MAC.
            ipv6.write("disable_ipv6", 1);
            return;
        }
        // RFC 9568 §7.4: no interface identifier from the virtual MAC. Before IPv6 is switched on.
        ipv6.write("addr_gen_mode", ADDR_GEN_MODE_NONE);
        ipv6.write("disable_ipv6", 0);
        ipv6.write("accept_ra", 0);
        ipv6.write("autoconf", 0);
        ipv6.write(FORWARDING, new InterfaceSettings(IpFamily.IPV6, wanted.parent()).read(FORWARDING));
    }

    private static void ipv4(VirtualInterface wanted) throws KernelException {
        InterfaceSettings ipv4 = new InterfaceSettings(IpFamily.IPV4, wanted.name());
        InterfaceSettings parent = new InterfaceSettings(IpFamily.IPV4, wanted.parent());
        InterfaceSettings all = InterfaceSettings.ofAll(IpFamily.IPV4);
        if (wanted.family() == IpFamily.IPV4 && all.read("arp_filter") != 0) {
            // It counts for every interface, and answers leave by another way than questions come.
            throw new KernelException(
                    "virtual MAC on " + wanted.parent()
                            + ": the setting net.ipv4.conf.all.arp_filter is 1 (expected: 0), and keeps the addresses from"
                            + " being answered for",
                    Errno.EINVAL.number());
        }
        // The questions for the addresses of the parent arrive here too.
        ipv4.write(ARP_IGNORE, OWN_ADDRESSES_ALONE);
        ipv4.write(ARP_ANNOUNCE, BEST_OWN_ADDRESS);
        ipv4.write("arp_filter", 0);
        ipv4.write("proxy_arp", 0);
        // Answers leave by the parent, so that the strict check would throw away what arrives here.
        boolean checked = Math.max(all.read(RP_FILTER), parent.read(RP_FILTER)) != 0;
        ipv4.write(RP_FILTER, checked ? LOOSE : 0);
        // The other addresses of a subnet stay when the first one is removed.
        ipv4.write("promote_secondaries", 1);
        ipv4.write(FORWARDING, parent.read(FORWARDING));
    }

    static Before read(InterfaceName parent) throws KernelException {
        InterfaceSettings settings = new InterfaceSettings(IpFamily.IPV4, parent);
        return new Before(settings.read(ARP_IGNORE), settings.read(ARP_ANNOUNCE));
    }

    /** Keeps the parent from answering for the virtual addresses, and from asking in their name, with its own MAC. */
    static void prepareParent(InterfaceName parent) throws KernelException {
        InterfaceSettings settings = new InterfaceSettings(IpFamily.IPV4, parent);
        raise(settings, ARP_IGNORE, OWN_ADDRESSES_ALONE);
        raise(settings, ARP_ANNOUNCE, BEST_OWN_ADDRESS);
    }

    private static void raise(InterfaceSettings settings, String setting, int least) throws KernelException {
        if (settings.read(setting) < least) {
            settings.write(setting, least);
        }
    }

    /** Gives the parent back what it had, but for what somebody else has changed meanwhile. */
    static void restoreParent(InterfaceName parent, Before before) throws KernelException {
        InterfaceSettings settings = new InterfaceSettings(IpFamily.IPV4, parent);
        if (!settings.exist()) {
            return;
        }
        restore(settings, ARP_IGNORE, OWN_ADDRESSES_ALONE, before.arpIgnore());
        restore(settings, ARP_ANNOUNCE, BEST_OWN_ADDRESS, before.arpAnnounce());
    }

    private static void restore(InterfaceSettings settings, String setting, int made, int before)
            throws KernelException {
        if (settings.read(setting) == made) {
            settings.write(setting, before);
        }
    }
}
