/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * For tests and benchmarks: prepares a packet and hands it to another program by a tail call. BPF_PROG_TEST_RUN repeats a
 * program on one packet, which the program under test rewrites; here each repetition gets the next packet of a list.
 */
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

SEC("tc")
int stage_next(struct __sk_buff *skb)
{
    __u32 zero = 0;
    struct state *with = bpf_map_lookup_elem(&state, &zero);
    if (!with) {
        return TC_ACT_UNSPEC;
    }
    __u32 at = with->at;
    with->at = at + 1 < with->count ? at + 1 : 0;
    struct packet *packet = bpf_map_lookup_elem(&staged, &at);
    __u8 *ip = (void *)(long)skb->data + ETH_HLEN;
    if (!packet || (void *)(ip + HEADERS) > (void *)(long)skb->data_end) {
        return TC_ACT_UNSPEC;
    }
    __builtin_memcpy(ip, packet->octets, HEADERS);
    bpf_tail_call(skb, &next, 0);
    return TC_ACT_UNSPEC;
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
