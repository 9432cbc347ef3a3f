/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What is at hand while a packet is looked at: kept out of the stack, which is small, and out of the verifier's sight, which
 * multiplies paths by what it knows.
 *
 * What decides is made of functions that are not static, ask here for what they need, and return a number: the verifier looks at
 * such a function once, whoever calls it, and at a static one again for each state of its callers. A kernel before 6.2 looks at
 * all that it ever knew of a number when it compares these states, and would see millions of instructions. They take no
 * context, as a kernel without BTF of its own knows none there.
 */
#ifndef MAINSTAY_WORKSPACE_H
#define MAINSTAY_WORKSPACE_H

#include "maps.h"
#include "packet.h"

/* What is to become of a packet. */
enum fate {
    FATE_STACK,
    FATE_DROP,
    FATE_ANSWER,  /* what stands in `reply` goes to its sender */
    FATE_FORWARD, /* its flow is in a table */
    FATE_UNKNOWN, /* its flow is in none */
    FATE_NEW,     /* it begins one */
    FATE_FORMER,  /* its flow may be known to the node that was Active before */
    FATE_ELSEWHERE, /* it is of a flow or a service behind a gate that is shut: another node's */
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct packet);
} workspace SEC(".maps");

/* A TCP segment without options or data, to who sent the packet that it takes the place of. */
struct answer {
    struct address source;
    __u32 sequence;
    __u32 acknowledgement;
    __u32 event; /* that counts it */
    __be16 source_port;
    __u8 flags; /* enum tcp_flag */
    __u8 zero;
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct answer);
} reply SEC(".maps");

/* The two directions of a flow that is being opened. */
struct directions {
    struct flow there;
    struct flow back;
    struct tuple key;  /* of the way there: the client's packets */
    struct tuple other; /* of another client, whose place is asked for */
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct directions);
} opening SEC(".maps");

static __always_inline struct packet *packet_at_hand(void)
{
    __u32 zero = 0;
    return bpf_map_lookup_elem(&workspace, &zero);
}

static __always_inline struct directions *directions_at_hand(void)
{
    __u32 zero = 0;
    return bpf_map_lookup_elem(&opening, &zero);
}

#endif
