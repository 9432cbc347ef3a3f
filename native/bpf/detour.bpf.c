/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * For the proxy engine: lets connections of the former Active live on. For a while after a planned takeover the packets of
 * connections that this node knows nothing of go on to the node that has them, as they are, instead of to the stack, which
 * would reset them. That node answers the client directly.
 *
 * Outside of such a while a packet costs one look at a number.
 */
#include <linux/pkt_cls.h>

#include "packet.h"
#include "virtualmac.h"

#ifndef AF_INET
enum { AF_INET = 2, AF_INET6 = 10 };
#endif

enum {
    ELSEWHERE = TC_ACT_UNSPEC, /* the next filter, then the stack */
    LISTENS = 10,              /* TCP_LISTEN */
    HEADERS = NETWORK + sizeof(struct ipv6hdr) + sizeof(struct tcphdr),
    FRAGMENTED = 0x3fff, /* more fragments follow, or it is not the first */
};

/* Until when there is any detour, in ns of the monotonic clock. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64);
} latest SEC(".maps");

/* By the virtual address. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1024);
    __type(key, struct address);
    __type(value, struct detour);
} detours SEC(".maps");

/*
 * Whether the socket is the listener on this very address, and the packet belongs to nothing that it waits for. Connections,
 * those half open and those just closed have sockets of their own.
 */
static __always_inline bool knows_nothing_ipv4(struct bpf_sock *socket, struct iphdr *ip, struct tcphdr *tcp)
{
    return socket->state == LISTENS && socket->src_ip4 == ip->daddr
        && !(tcp->ack && bpf_tcp_check_syncookie(socket, ip, sizeof *ip, tcp, sizeof *tcp) == 0);
}

static __always_inline bool knows_nothing_ipv6(struct bpf_sock *socket, struct ipv6hdr *ip, struct tcphdr *tcp)
{
    return socket->state == LISTENS && socket->src_ip6[3] == ip->daddr.s6_addr32[3]
        && socket->src_ip6[2] == ip->daddr.s6_addr32[2] && socket->src_ip6[1] == ip->daddr.s6_addr32[1]
        && socket->src_ip6[0] == ip->daddr.s6_addr32[0]
        && !(tcp->ack && bpf_tcp_check_syncookie(socket, ip, sizeof *ip, tcp, sizeof *tcp) == 0);
}

/* The way of a packet; none for one that begins a connection. IP options and fragments are no TCP's of today. */
static __always_inline struct detour *find_ipv4(struct __sk_buff *skb, __u64 now)
{
    struct iphdr *ip = frame(skb) + NETWORK;
    struct tcphdr *tcp = (void *)(ip + 1);
    struct address address;
    struct bpf_sock_tuple tuple = {};
    if ((void *)(tcp + 1) > frame_end(skb) || ip->ihl != 5 || ip->protocol != IPPROTO_TCP
        || (ip->frag_off & bpf_htons(FRAGMENTED)) || tcp->syn) {
        return NULL;
    }
    map_ipv4(&address, ip->daddr);
    struct detour *way = bpf_map_lookup_elem(&detours, &address);
    if (!way || way->until <= now) {
        return NULL;
    }
    tuple.ipv4.saddr = ip->saddr;
    tuple.ipv4.daddr = ip->daddr;
    tuple.ipv4.sport = tcp->source;
    tuple.ipv4.dport = tcp->dest;
    struct bpf_sock *socket = bpf_skc_lookup_tcp(skb, &tuple, sizeof tuple.ipv4, BPF_F_CURRENT_NETNS, 0);
    if (!socket) {
        return NULL;
    }
    bool unknown = knows_nothing_ipv4(socket, ip, tcp);
    bpf_sk_release(socket);
    return unknown ? way : NULL;
}

static __always_inline struct detour *find_ipv6(struct __sk_buff *skb, __u64 now)
{
    struct ipv6hdr *ip = frame(skb) + NETWORK;
    struct tcphdr *tcp = (void *)(ip + 1);
    struct address address;
    struct bpf_sock_tuple tuple = {};
    if ((void *)(tcp + 1) > frame_end(skb) || ip->nexthdr != IPPROTO_TCP || tcp->syn) {
        return NULL;
    }
    __builtin_memcpy(&address, &ip->daddr, sizeof address);
    struct detour *way = bpf_map_lookup_elem(&detours, &address);
    if (!way || way->until <= now) {
        return NULL;
    }
    __builtin_memcpy(tuple.ipv6.saddr, &ip->saddr, sizeof ip->saddr);
    __builtin_memcpy(tuple.ipv6.daddr, &ip->daddr, sizeof ip->daddr);
    tuple.ipv6.sport = tcp->source;
    tuple.ipv6.dport = tcp->dest;
    struct bpf_sock *socket = bpf_skc_lookup_tcp(skb, &tuple, sizeof tuple.ipv6, BPF_F_CURRENT_NETNS, 0);
    if (!socket) {
        return NULL;
    }
    bool unknown = knows_nothing_ipv6(socket, ip, tcp);
    bpf_sk_release(socket);
    return unknown ? way : NULL;
}

static __always_inline bool pay(struct detour *way)
{
    /* Two processors at the last packet may both find it: what is below zero is nothing left. */
    return (__s32)__sync_fetch_and_sub(&way->credit, 1) > 0;
}

static __always_inline int take(const struct detour *way)
{
    struct bpf_redir_neigh neighbour;
    __builtin_memset(&neighbour, 0, sizeof neighbour);
    if (is_ipv4(&way->gateway)) {
        neighbour.nh_family = AF_INET;
        neighbour.ipv4_nh = way->gateway.word[3];
    } else {
        neighbour.nh_family = AF_INET6;
        __builtin_memcpy(neighbour.ipv6_nh, &way->gateway, sizeof way->gateway);
    }
    return bpf_redirect_neigh(way->interface, &neighbour, sizeof neighbour, 0);
}

SEC("tc")
int mainstay_detour(struct __sk_buff *skb)
{
    __u32 zero = 0;
    __u64 *until = bpf_map_lookup_elem(&latest, &zero);
    if (!until || *until == 0) {
        return ELSEWHERE;
    }
    __u64 now = bpf_ktime_get_ns();
    if (*until <= now || skb->vlan_present) {
        return ELSEWHERE;
    }
    if (bpf_skb_pull_data(skb, skb->len < HEADERS ? skb->len : HEADERS) != 0) {
        return ELSEWHERE;
    }
    if (skb->pkt_type != PACKET_HOST && virtual_mac_of(skb) == VIRTUAL_MACS) {
        return ELSEWHERE;
    }
    struct detour *way = NULL;
    if (skb->protocol == bpf_htons(ETH_P_IP)) {
        way = find_ipv4(skb, now);
    } else if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
        way = find_ipv6(skb, now);
    }
    return way && pay(way) ? take(way) : ELSEWHERE;
}

char program_license[] SEC("license") = "GPL";
