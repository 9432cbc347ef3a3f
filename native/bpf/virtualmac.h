/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The MAC address of a virtual router (RFC 9568 section 7.3). The interface that has it stands on the one that runs the program,
 * which sees the frame first, as one to another host.
 */
#ifndef MAINSTAY_VIRTUALMAC_H
#define MAINSTAY_VIRTUALMAC_H

#include "packet.h"

/* Which virtual router's the frame's destination is: the place that its bit has in `virtual_macs`; VIRTUAL_MACS: none's. */
static __always_inline __u32 virtual_mac_of(struct __sk_buff *skb)
{
    struct ethhdr *ethernet = frame(skb);
    if ((void *)(ethernet + 1) > frame_end(skb)) {
        return VIRTUAL_MACS;
    }
    const __u8 *to = ethernet->h_dest;
    if (to[0] != 0 || to[1] != 0 || to[2] != 0x5e || to[3] != 0 || (to[4] != 1 && to[4] != 2)) {
        return VIRTUAL_MACS;
    }
    return (__u32)(to[4] - 1) << 8 | to[5];
}

#endif
