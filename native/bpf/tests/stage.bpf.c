/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * For tests and benchmarks: prepares a packet and hands it to another program by a tail call. BPF_PROG_TEST_RUN repeats a
 * program on one packet, which the program under test rewrites; here each repetition gets the next packet of a list.
 */
#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

enum { HEADERS = 60 }; /* of IPv6 and TCP; of IPv4 and TCP with 20 octets of payload */

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u32);
} next SEC(".maps");

struct state {
    __u32 at;
    __u32 count;
    __u32 tci;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct state);
} state SEC(".maps");

struct packet {
    __u8 octets[HEADERS];
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __uint(map_flags, BPF_F_MMAPABLE);
    __type(key, __u32);
    __type(value, struct packet);
} staged SEC(".maps");

/* The MAC address to which frames come for XDP, which sends them on with another. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64);
} arriving SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u32);
} next_xdp SEC(".maps");

/* Writes the next packet of the list behind the Ethernet header. */
static __always_inline bool put_next(void *frame, void *end)
{
    __u32 zero = 0;
    struct state *with = bpf_map_lookup_elem(&state, &zero);
    if (!with) {
        return false;
    }
    __u32 at = with->at;
    with->at = at + 1 < with->count ? at + 1 : 0;
    struct packet *packet = bpf_map_lookup_elem(&staged, &at);
    __u8 *ip = frame + ETH_HLEN;
    if (!packet || (void *)(ip + HEADERS) > end) {
        return false;
    }
    __builtin_memcpy(ip, packet->octets, HEADERS);
    return true;
}

SEC("tc")
int stage_next(struct __sk_buff *skb)
{
    if (put_next((void *)(long)skb->data, (void *)(long)skb->data_end)) {
        bpf_tail_call(skb, &next, 0);
    }
    return TC_ACT_UNSPEC;
}

SEC("xdp")
int stage_next_xdp(struct xdp_md *context)
{
    __u32 zero = 0;
    struct ethhdr *ethernet = (void *)(long)context->data;
    void *end = (void *)(long)context->data_end;
    __u64 *mac = bpf_map_lookup_elem(&arriving, &zero);
    if (mac && put_next(ethernet, end) && (void *)(ethernet + 1) <= end) {
        __builtin_memcpy(ethernet->h_dest, mac, ETH_ALEN);
        bpf_tail_call(context, &next_xdp, 0);
    }
    return XDP_ABORTED;
}

SEC("xdp")
int stage_nothing_xdp(struct xdp_md *context __attribute__((unused)))
{
    return XDP_PASS;
}

SEC("tc")
int stage_vlan(struct __sk_buff *skb)
{
    __u32 zero = 0;
    struct state *with = bpf_map_lookup_elem(&state, &zero);
    if (!with || bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), (__u16)with->tci) < 0) {
        return TC_ACT_UNSPEC;
    }
    bpf_tail_call(skb, &next, 0);
    return TC_ACT_UNSPEC;
}

SEC("tc")
int stage_nothing(struct __sk_buff *skb __attribute__((unused)))
{
    return TC_ACT_OK;
}

char program_license[] SEC("license") = "GPL";
