/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * For the benchmark: the least that a forwarder with a connection table can do, after the order of steps that Katran made
 * known: VIP, connection, backend, counters, next hop. No state of TCP, no way back, no checksum, IPv4 alone.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct vip {
    __be32 address;
    __be16 port;
    __u16 protocol;
};

struct connection {
    __be32 source;
    __be32 destination;
    __be16 source_port;
    __be16 destination_port;
    __u32 protocol;
};

struct real {
    __u8 mac[ETH_ALEN];
    __u16 zero;
    __u32 interface;
};

struct counters {
    __u64 packets;
    __u64 octets;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 8192);
    __type(key, struct vip);
    __type(value, __u32);
} vips SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 1);
    __type(key, struct connection);
    __type(value, __u32);
} connections SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 16384);
    __type(key, __u32);
    __type(value, struct real);
} reals SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 16384);
    __type(key, __u32);
    __type(value, struct counters);
} vip_counters SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 16384);
    __type(key, __u32);
    __type(value, struct counters);
} real_counters SEC(".maps");

static __always_inline void add(void *map, __u32 index, __u32 octets)
{
    struct counters *counters = bpf_map_lookup_elem(map, &index);
    if (counters) {
        counters->packets++;
        counters->octets += octets;
    }
}

/* The interface to send to; 0: not ours. */
static __always_inline __u32 forward(void *frame, void *end, __u32 octets)
{
    struct ethhdr *eth = frame;
    struct iphdr *ip = (void *)(eth + 1);
    struct tcphdr *tcp = (void *)(ip + 1);
    if ((void *)(tcp + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5 || ip->protocol != IPPROTO_TCP) {
        return 0;
    }
    struct vip vip = {ip->daddr, tcp->dest, IPPROTO_TCP};
    __u32 *number = bpf_map_lookup_elem(&vips, &vip);
    if (!number) {
        return 0;
    }
    struct connection connection = {ip->saddr, ip->daddr, tcp->source, tcp->dest, IPPROTO_TCP};
    __u32 *chosen = bpf_map_lookup_elem(&connections, &connection);
    if (!chosen) {
        return 0;
    }
    __u32 slot = *chosen;
    struct real *real = bpf_map_lookup_elem(&reals, &slot);
    if (!real) {
        return 0;
    }
    add(&vip_counters, *number, octets);
    add(&real_counters, slot, octets);
    __builtin_memcpy(eth->h_source, eth->h_dest, ETH_ALEN);
    __builtin_memcpy(eth->h_dest, real->mac, ETH_ALEN);
    return real->interface;
}

SEC("tc")
int yardstick(struct __sk_buff *skb)
{
    __u32 interface = forward((void *)(long)skb->data, (void *)(long)skb->data_end, skb->len);
    return interface ? bpf_redirect(interface, 0) : TC_ACT_OK;
}

SEC("xdp")
int yardstick_xdp(struct xdp_md *context)
{
    void *frame = (void *)(long)context->data;
    void *end = (void *)(long)context->data_end;
    __u32 interface = forward(frame, end, end - frame);
    return interface ? bpf_redirect(interface, 0) : XDP_PASS;
}

char program_license[] SEC("license") = "GPL";
