/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Where a packet leaves. The kernel's neighbour table resolves, queues and refreshes; nothing here waits for it. */
#ifndef MAINSTAY_HOP_H
#define MAINSTAY_HOP_H

#include "flow.h"

#ifndef AF_INET
enum { AF_INET = 2, AF_INET6 = 10 };
#endif

enum {
    UNRESOLVED_SHARE = 16, /* of the usual time, while the neighbour is not known yet, and so neither is the MTU */
    LOOPBACK_INTERFACE = 1,
};

static __always_inline void ask_between(struct bpf_fib_lookup *ask, const struct address *source, const struct address *target)
{
    if (is_ipv4(target)) {
        ask->family = AF_INET;
        ask->ipv4_src = source->word[3];
        ask->ipv4_dst = target->word[3];
    } else {
        ask->family = AF_INET6;
        __builtin_memcpy(ask->ipv6_src, source, sizeof *source);
        __builtin_memcpy(ask->ipv6_dst, target, sizeof *target);
    }
}

/*
 * Asks the routing table as for a packet of our own, through `lo`: bpf_fib_lookup refuses an interface on which
 * forwarding is off, and to be a router on `lo` alone makes the host route for nobody.
 */
static __always_inline long ask_route(void *context, const struct flow *flow, const struct address *target,
    struct bpf_fib_lookup *ask)
{
    __builtin_memset(ask, 0, sizeof *ask);
    ask->ifindex = LOOPBACK_INTERFACE;
    ask->tot_len = 1; /* else the frame's length is compared with the MTU here, and GSO packets are not understood */
    ask_between(ask, &flow->source, target);
    return bpf_fib_lookup(context, ask, sizeof *ask, 0);
}

static __always_inline void gateway_of(const struct bpf_fib_lookup *answer, struct address *gateway)
{
    if (answer->family == AF_INET) {
        map_ipv4(gateway, answer->ipv4_dst);
    } else {
        __builtin_memcpy(gateway, answer->ipv6_dst, sizeof *gateway);
    }
}

static __noinline bool look_up_hop(void *context, struct flow *flow, const struct address *target, __u32 now)
{
    struct bpf_fib_lookup ask;
    struct address gateway;
    const struct settings *with = settings_now();
    if (!with) {
        return false;
    }
    long result = ask_route(context, flow, target, &ask);
    if (result != BPF_FIB_LKUP_RET_SUCCESS && result != BPF_FIB_LKUP_RET_NO_NEIGH) {
        return false;
    }
    gateway_of(&ask, &gateway);
    if (flow->mode == MODE_DSR && !same_address(&gateway, target)) {
        return false; /* a router would send the VIP back to us */
    }
    flow->hop_gateway = gateway;
    flow->hop_interface = ask.ifindex;
    bool resolved = result == BPF_FIB_LKUP_RET_SUCCESS;
    flow->hop_mtu = resolved ? ask.mtu_result : 0;
    flow->hop_until = now + (resolved ? with->hop_ticks : with->hop_ticks / UNRESOLVED_SHARE);
    return true;
}

static __always_inline bool find_hop(void *context, struct flow *flow, const struct address *target, __u32 now)
{
    if (flow->hop_interface != 0 && (__s32)(now - flow->hop_until) < 0) {
        return true;
    }
    return look_up_hop(context, flow, target, now);
}

static __always_inline int leave_by(__u32 interface, const struct address *gateway)
{
    struct bpf_redir_neigh neighbour;
    __builtin_memset(&neighbour, 0, sizeof neighbour);
    if (is_ipv4(gateway)) {
        neighbour.nh_family = AF_INET;
        neighbour.ipv4_nh = gateway->word[3];
    } else {
        neighbour.nh_family = AF_INET6;
        __builtin_memcpy(neighbour.ipv6_nh, gateway, sizeof *gateway);
    }
    return bpf_redirect_neigh(interface, &neighbour, sizeof neighbour, 0);
}

static __always_inline int leave(const struct flow *flow)
{
    return leave_by(flow->hop_interface, &flow->hop_gateway);
}

#endif
