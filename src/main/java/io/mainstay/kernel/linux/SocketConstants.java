// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

/**
 * Numbers of the socket interface, under their names in the Linux headers (bits/socket.h, asm-generic/socket.h,
 * linux/in.h, linux/in6.h, linux/if_packet.h, linux/if_ether.h). The same on x86-64 and AArch64.
 */
final class SocketConstants {

    static final int AF_UNSPEC = 0;
    static final int AF_UNIX = 1;
    static final int AF_INET = 2;
    static final int AF_INET6 = 10;
    static final int AF_NETLINK = 16;
    static final int AF_PACKET = 17;

    static final int SOCK_DGRAM = 2;
    static final int SOCK_RAW = 3;
    static final int SOCK_NONBLOCK = 0x800;
    static final int SOCK_CLOEXEC = 0x8_0000;

    static final int EFD_NONBLOCK = SOCK_NONBLOCK;
    static final int EFD_CLOEXEC = SOCK_CLOEXEC;

    static final int O_CLOEXEC = SOCK_CLOEXEC;

    static final int LOCK_EX = 2;
    static final int LOCK_NB = 4;

    static final int MSG_TRUNC = 0x20;

    static final int POLLIN = 1;

    static final int SOL_SOCKET = 1;
    static final int SO_RCVBUF = 8;
    static final int SO_PRIORITY = 12;
    static final int SO_ATTACH_FILTER = 26;
    static final int SO_RCVBUFFORCE = 33;
    static final int SO_BINDTOIFINDEX = 62;

    static final int SOL_IP = 0;
    static final int IP_HDRINCL = 3;
    static final int IP_MULTICAST_IF = 32;
    static final int IP_MULTICAST_LOOP = 34;
    static final int IP_ADD_MEMBERSHIP = 35;
    static final int IP_MULTICAST_ALL = 49;

    static final int SOL_IPV6 = 41;
    static final int IPV6_MULTICAST_IF = 17;
    static final int IPV6_MULTICAST_LOOP = 19;
    static final int IPV6_ADD_MEMBERSHIP = 20;
    static final int IPV6_MULTICAST_ALL = 29;
    static final int IPV6_HDRINCL = 36;
    static final int IPV6_RECVPKTINFO = 49;
    static final int IPV6_PKTINFO = 50;
    static final int IPV6_RECVHOPLIMIT = 51;
    static final int IPV6_HOPLIMIT = 52;

    static final int ETH_P_IP = 0x0800;
    static final int ETH_P_ARP = 0x0806;
    static final int ETH_P_IPV6 = 0x86DD;

    /** The class of control traffic, TC_PRIO_CONTROL of linux/pkt_sched.h. */
    static final int PRIORITY_CONTROL = 7;

    private SocketConstants() {}
}
