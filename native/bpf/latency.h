/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * How long backends take: to answer a SYN by theirs, and to send the first data after a client's first. Measured once for each
 * flow, so that an established one pays for no clock: its packets test one bit of a word that is read anyway.
 */
#ifndef MAINSTAY_LATENCY_H
#define MAINSTAY_LATENCY_H

#include "maps.h"
#include "packet.h"

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC); /* room for the slots that are in use, which the daemon enters */
    __uint(max_entries, 16384);
    __type(key, __u32);
    __type(value, struct latency);
} latency SEC(".maps");

/* Wraps after an hour; 0 stands for no moment, and a flow that begins in that one microsecond is not measured. */
static __always_inline __u32 microseconds(void)
{
    return (__u32)(bpf_ktime_get_ns() / 1000);
}

/* The exponent of the power of two below. */
static __always_inline __u32 bucket_of(__u32 micros)
{
    __u32 bucket = 0;
    for (__u32 bits = 16; bits > 0; bits /= 2) {
        if (micros >> bits) {
            micros >>= bits;
            bucket += bits;
        }
    }
    return bucket < LATENCY_BUCKETS ? bucket : LATENCY_BUCKETS - 1;
}

/* What was awaited in the client's direction has come. */
__noinline int measure(struct flow *client, bool data)
{
    if (!client) {
        return 0;
    }
    __u32 slot = client->backend;
    __u32 since = client->asked;
    struct latency *counts = bpf_map_lookup_elem(&latency, &slot);
    client->asked = 0;
    if (!counts || since == 0) {
        return 0;
    }
    __u32 bucket = bucket_of(microseconds() - since);
    if (bucket < LATENCY_BUCKETS) {
        if (data) {
            counts->first_byte[bucket]++;
        } else {
            counts->connect[bucket]++;
        }
    }
    return 0;
}

/* For the first packet of a flow, whose first data may have been before. */
static __always_inline void begin_measuring(const struct packet *packet, struct flow *client)
{
    if (client->state & FLOW_ADOPTED) {
        client->state |= FLOW_DATA;
        return;
    }
    client->asked = microseconds();
    if (packet->tuple.protocol == IPPROTO_UDP) {
        client->state |= FLOW_DATA;
    }
}

static __always_inline bool has_data(const struct packet *packet)
{
    return packet->fragment != LATER_FRAGMENT
        && (packet->tuple.protocol == IPPROTO_UDP
            || packet->length + NETWORK > (__u32)packet->transport + packet->transport_octets);
}

#endif
