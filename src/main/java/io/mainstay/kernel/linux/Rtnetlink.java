// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

/**
 * Numbers of netlink and rtnetlink, under their names in the Linux headers (linux/netlink.h, linux/rtnetlink.h,
 * linux/if_addr.h, linux/if_link.h, linux/if.h, linux/fib_rules.h). The same on all machines.
 */
final class Rtnetlink {

    static final int NETLINK_ROUTE = 0;

    static final int SOL_NETLINK = 270;
    static final int NETLINK_GET_STRICT_CHK = 12;

    static final int NLMSG_ERROR = 2;
    static final int NLMSG_DONE = 3;

    static final int NLM_F_REQUEST = 0x1;
    static final int NLM_F_ACK = 0x4;
    static final int NLM_F_DUMP_INTR = 0x10;
    static final int NLM_F_EXCL = 0x200;
    static final int NLM_F_DUMP = 0x300;
    static final int NLM_F_CREATE = 0x400;

    static final int RTM_NEWLINK = 16;
    static final int RTM_DELLINK = 17;
    static final int RTM_GETLINK = 18;
    static final int RTM_NEWADDR = 20;
    static final int RTM_DELADDR = 21;
    static final int RTM_GETADDR = 22;

    static final int RTM_NEWROUTE = 24;
    static final int RTM_DELROUTE = 25;
    static final int RTM_GETROUTE = 26;
    static final int RTA_DST = 1;
    static final int RTA_OIF = 4;
    static final int RTA_TABLE = 15;
    static final int RTN_LOCAL = 2;

    static final int RTM_NEWRULE = 32;
    static final int RTM_DELRULE = 33;
    static final int RTM_GETRULE = 34;
    static final int FRA_DST = 1;
    static final int FRA_IIFNAME = 3;
    static final int FRA_PRIORITY = 6;
    static final int FRA_TABLE = 15;
    static final int FRA_PROTOCOL = 21;
    static final int FRA_IP_PROTO = 22;
    static final int FR_ACT_TO_TBL = 1;

    static final int RTM_NEWTFILTER = 44;
    static final int RTM_GETTFILTER = 46;
    static final int TCA_KIND = 1;

    static final int RTMGRP_LINK = 0x1;
    static final int RTMGRP_IPV4_IFADDR = 0x10;
    static final int RTMGRP_IPV6_IFADDR = 0x100;

    static final int IFLA_ADDRESS = 1;
    static final int IFLA_IFNAME = 3;
    static final int IFLA_MTU = 4;
    static final int IFLA_LINK = 5;
    static final int IFLA_MASTER = 10;
    static final int IFLA_LINKINFO = 18;
    static final int IFLA_INFO_KIND = 1;
    static final int IFLA_INFO_DATA = 2;
    static final int IFLA_IFALIAS = 20;
    static final int IFLA_MACVLAN_MODE = 1;
    static final int MACVLAN_MODE_BRIDGE = 4;
    static final int IFLA_EXT_MASK = 29;
    static final int RTEXT_FILTER_SKIP_STATS = 0x8;

    static final int IFF_UP = 0x1;
    static final int IFF_LOWER_UP = 0x1_0000;
    static final int ARPHRD_ETHER = 1;

    static final int IFA_ADDRESS = 1;
    static final int IFA_LOCAL = 2;
    static final int IFA_BROADCAST = 4;
    static final int IFA_CACHEINFO = 6;
    static final int IFA_FLAGS = 8;
    static final int IFA_RT_PRIORITY = 9;
    static final int IFA_F_SECONDARY = 0x1;
    static final int IFA_F_NODAD = 0x2;
    static final int IFA_F_DADFAILED = 0x8;
    static final int IFA_F_DEPRECATED = 0x20;
    static final int IFA_F_TENTATIVE = 0x40;
    static final int RT_SCOPE_UNIVERSE = 0;
    static final int RT_SCOPE_LINK = 253;
    static final int RT_SCOPE_HOST = 254;

    private Rtnetlink() {}
}
