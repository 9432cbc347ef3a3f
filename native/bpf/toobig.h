/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Path MTU discovery: a packet that does not fit through the way out becomes the ICMP error that tells its sender so
 * (RFC 1191, RFC 8201). The quote reaches just as far as the sender needs to know its connection.
 */
#ifndef MAINSTAY_TOOBIG_H
#define MAINSTAY_TOOBIG_H

#include <linux/pkt_cls.h>

#include "answer.h"
#include "icmp.h"

enum {
    FRAGMENTATION_NEEDED = 4, /* code of ICMP_DESTINATION_UNREACHABLE */
    ICMPV6_TOO_BIG = 2,
    QUOTE_UDP = 8,
    QUOTE_TCP = 20, /* up to the checksum, which may yet have to be filled in */
    QUOTE_MORE = QUOTE_TCP - QUOTE_UDP,
};

struct too_big_ipv4 {
    struct ethhdr eth;
    struct iphdr ip;
    struct icmp_header icmp;
    struct iphdr quoted;
    __u8 transport[QUOTE_UDP];
} __attribute__((packed));

struct too_big_ipv6 {
    struct ethhdr eth;
    struct ipv6hdr ip;
    struct icmp_header icmp;
    struct ipv6hdr quoted;
    __u8 transport[QUOTE_UDP];
} __attribute__((packed));

/* The sum of the quoted transport octets as they will be on the wire. */
static __always_inline __u64 sum_quote(struct __sk_buff *skb, void *quote, __u32 octets, bool partial)
{
    if (partial) {
        /* A field that is 0 is filled in when the packet leaves, and then all of them sum to nothing. */
        return 0;
    }
    __u64 sum = (__u32)bpf_csum_diff(0, 0, quote, QUOTE_UDP, 0);
    if (octets == QUOTE_TCP) {
        if (quote + QUOTE_TCP > frame_end(skb)) {
            return 0;
        }
        sum += (__u32)bpf_csum_diff(0, 0, quote + QUOTE_UDP, QUOTE_MORE, 0);
    }
    return sum;
}

static __noinline bool turn_into_too_big_ipv4(struct __sk_buff *skb, const struct packet *packet,
    const struct address *from, __u32 quote, __u32 mtu_and_partial)
{
    struct too_big_ipv4 *error = frame(skb);
    if ((void *)(error + 1) > frame_end(skb)) {
        return false;
    }
    struct iphdr *ip = &error->ip;
    turn_frame(&error->eth);
    __builtin_memset(ip, 0, sizeof *ip);
    ip->version = 4;
    ip->ihl = sizeof *ip / 4;
    ip->tot_len = bpf_htons(sizeof *ip + sizeof error->icmp + sizeof error->quoted + quote);
    ip->ttl = ANSWER_HOP_LIMIT;
    ip->protocol = IPPROTO_ICMP;
    ip->saddr = from->word[3];
    ip->daddr = packet->tuple.source.word[3];
    ip->check = (__sum16)~fold((__u32)bpf_csum_diff(0, 0, (__be32 *)ip, sizeof *ip, 0));
    error->icmp.type = ICMP_DESTINATION_UNREACHABLE;
    error->icmp.code = FRAGMENTATION_NEEDED;
    error->icmp.checksum = 0;
    error->icmp.rest = bpf_htonl(mtu_and_partial & 0xffff);
    __u64 sum = (__u32)bpf_csum_diff(0, 0, (__be32 *)&error->icmp, sizeof error->icmp + sizeof error->quoted, 0);
    error->icmp.checksum = (__sum16)~fold(sum + sum_quote(skb, error->transport, quote, mtu_and_partial >> 16));
    return true;
}

static __noinline bool turn_into_too_big_ipv6(struct __sk_buff *skb, const struct packet *packet,
    const struct address *from, __u32 quote, __u32 mtu_and_partial)
{
    struct too_big_ipv6 *error = frame(skb);
    if ((void *)(error + 1) > frame_end(skb)) {
        return false;
    }
    struct ipv6hdr *ip = &error->ip;
    __u32 octets = sizeof error->icmp + sizeof error->quoted + quote;
    turn_frame(&error->eth);
    __builtin_memset(ip, 0, sizeof *ip);
    ip->version = 6;
    ip->payload_len = bpf_htons(octets);
    ip->nexthdr = IPPROTO_ICMPV6;
    ip->hop_limit = ANSWER_HOP_LIMIT;
    __builtin_memcpy(&ip->saddr, from, sizeof ip->saddr);
    __builtin_memcpy(&ip->daddr, &packet->tuple.source, sizeof ip->daddr);
    error->icmp.type = ICMPV6_TOO_BIG;
    error->icmp.code = 0;
    error->icmp.checksum = 0;
    error->icmp.rest = bpf_htonl(mtu_and_partial & 0xffff);
    __u64 sum = (__u32)bpf_csum_diff(0, 0, (__be32 *)&error->icmp, sizeof error->icmp + sizeof error->quoted, 0);
    sum += (__u32)bpf_csum_diff(0, 0, (__be32 *)&ip->saddr, 2 * sizeof(struct address), 0);
    sum += bpf_htons(octets) + bpf_htons(IPPROTO_ICMPV6);
    error->icmp.checksum = (__sum16)~fold(sum + sum_quote(skb, error->transport, quote, mtu_and_partial >> 16));
    return true;
}

/* Drops the packet and tells its sender the MTU, as the address that it wrote to, or as the VIP where that is a client's. */
static __noinline int answer_too_big(struct __sk_buff *skb, const struct packet *packet, const struct flow *flow)
{
    bool tcp = packet->tuple.protocol == IPPROTO_TCP;
    __u32 quote = tcp ? QUOTE_TCP : QUOTE_UDP;
    __u32 header = packet->ipv6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
    __u32 field = packet->transport + (tcp ? __builtin_offsetof(struct tcphdr, check) : __builtin_offsetof(struct udphdr, check));
    struct address from = packet->tuple.destination;
    count(EVENT_DROP_TOO_BIG);
    if (packet->fragment != NOT_FRAGMENTED || packet->transport != NETWORK + header) {
        return TC_ACT_SHOT;
    }
    if (flow->mode == MODE_NAT && flow->to_client) {
        from = flow->source;
    }
    __u32 partial = checksum_is_partial(skb, field);
    __be16 zero = 0;
    if (partial) {
        bpf_skb_store_bytes(skb, field, &zero, sizeof zero, 0);
    }
    __u32 mtu_and_partial = flow->hop_mtu | partial << 16;
    if (bpf_skb_change_tail(skb, packet->transport + quote, 0) < 0
        || bpf_skb_adjust_room(skb, header + sizeof(struct icmp_header), BPF_ADJ_ROOM_MAC, 0) < 0
        || !(packet->ipv6 ? turn_into_too_big_ipv6(skb, packet, &from, quote, mtu_and_partial)
                          : turn_into_too_big_ipv4(skb, packet, &from, quote, mtu_and_partial))) {
        count(EVENT_DROP_KERNEL);
        return TC_ACT_SHOT;
    }
    count(EVENT_SENT_TOO_BIG);
    return bpf_redirect(skb->ifindex, 0);
}

#endif
