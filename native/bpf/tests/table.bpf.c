/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * For the benchmark: what it costs to find a flow, and nothing else. In a table that is laid out as `flows` is, and in one with the
 * smallest entries that a flow of IPv4 can have.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "../abi.h"

struct small_key {
    __be32 source;
    __be32 destination;
    __be16 source_port;
    __be16 destination_port;
    __u32 protocol;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1);
    __type(key, struct tuple);
    __type(value, struct flow);
} large SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1);
    __type(key, struct small_key);
    __type(value, __u32);
} small SEC(".maps");

static __always_inline bool read_ends(struct __sk_buff *skb, struct small_key *ends)
{
    struct ethhdr *eth = (void *)(long)skb->data;
    struct iphdr *ip = (void *)(eth + 1);
    struct tcphdr *tcp = (void *)(ip + 1);
    if ((void *)(tcp + 1) > (void *)(long)skb->data_end) {
        return false;
    }
    *ends = (struct small_key){ip->saddr, ip->daddr, tcp->source, tcp->dest, IPPROTO_TCP};
    return true;
}

/* Reads and writes where each packet of a flow does: at the beginning of the value, and behind it. */
SEC("tc")
int table_large(struct __sk_buff *skb)
{
    struct small_key ends;
    if (!read_ends(skb, &ends)) {
        return TC_ACT_SHOT;
    }
    struct tuple key = {
        .source = {{0, 0, bpf_htonl(0xffff), ends.source}},
        .destination = {{0, 0, bpf_htonl(0xffff), ends.destination}},
        .source_port = ends.source_port,
        .destination_port = ends.destination_port,
        .protocol = IPPROTO_TCP,
    };
    struct flow *flow = bpf_map_lookup_elem(&large, &key);
    if (!flow) {
        return TC_ACT_SHOT;
    }
    flow->seen = flow->source.word[3] + flow->hop_until;
    return TC_ACT_UNSPEC;
}

SEC("tc")
int table_small(struct __sk_buff *skb)
{
    struct small_key ends;
    __u32 *slot = read_ends(skb, &ends) ? bpf_map_lookup_elem(&small, &ends) : 0;
    return slot && *slot != ~0u ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}

char program_license[] SEC("license") = "GPL";
