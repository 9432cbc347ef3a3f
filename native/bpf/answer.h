/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Turns a packet into an answer to its sender. Slow path: bpf_skb_change_tail makes it linear, private and free of GSO. */
#ifndef MAINSTAY_ANSWER_H
#define MAINSTAY_ANSWER_H

#include <linux/pkt_cls.h>

#include "maps.h"
#include "packet.h"
#include "translate.h"

enum { ANSWER_HOP_LIMIT = 64 };

/*
 * Whether the transport checksum field holds the sum of the pseudo header alone, to be completed when the packet leaves
 * (CHECKSUM_PARTIAL). Nothing tells, but a change of data alters the field only when it holds the whole checksum.
 */
static __noinline bool checksum_is_partial(struct __sk_buff *skb, __u32 field)
{
    __be16 before, after;
    if (bpf_skb_load_bytes(skb, field, &before, sizeof before) < 0
        || bpf_l4_csum_replace(skb, field, 0, 1, sizeof before) < 0
        || bpf_skb_load_bytes(skb, field, &after, sizeof after) < 0) {
        return false;
    }
    bpf_skb_store_bytes(skb, field, &before, sizeof before, 0);
    return before == after;
}

static __always_inline void turn_frame(struct ethhdr *eth)
{
    __u8 sender[ETH_ALEN];
    __builtin_memcpy(sender, eth->h_source, ETH_ALEN);
    __builtin_memcpy(eth->h_source, eth->h_dest, ETH_ALEN);
    __builtin_memcpy(eth->h_dest, sender, ETH_ALEN);
}

struct reset_ipv4 {
    struct ethhdr eth;
    struct iphdr ip;
    struct tcphdr tcp;
} __attribute__((packed));

struct reset_ipv6 {
    struct ethhdr eth;
    struct ipv6hdr ip;
    struct tcphdr tcp;
} __attribute__((packed));

/* RFC 9293 section 3.5.2. Returns the pseudo header's sum of length and protocol. */
static __always_inline __u64 turn_tcp(struct tcphdr *tcp, const struct packet *packet)
{
    __u32 sequence = 0, acknowledgement = 0;
    bool answers_ack = packet->tcp_flags & TCP_ACK;
    if (answers_ack) {
        sequence = packet->acknowledgement;
    } else {
        __u32 data = NETWORK + packet->length - packet->transport - packet->transport_octets;
        acknowledgement = packet->sequence + data + !!(packet->tcp_flags & TCP_SYN) + !!(packet->tcp_flags & TCP_FIN);
    }
    __builtin_memset(tcp, 0, sizeof *tcp);
    tcp->source = packet->tuple.destination_port;
    tcp->dest = packet->tuple.source_port;
    tcp->seq = bpf_htonl(sequence);
    tcp->ack_seq = bpf_htonl(acknowledgement);
    tcp->doff = sizeof *tcp / 4;
    tcp->rst = 1;
    tcp->ack = !answers_ack;
    return bpf_htons(sizeof *tcp) + bpf_htons(IPPROTO_TCP);
}

static __always_inline void finish_tcp(struct tcphdr *tcp, __u64 pseudo, bool partial)
{
    if (partial) {
        tcp->check = fold(pseudo);
    } else {
        tcp->check = (__sum16)~fold(pseudo + (__u32)bpf_csum_diff(0, 0, (__be32 *)tcp, sizeof *tcp, 0));
    }
}

static __always_inline bool turn_into_reset_ipv4(struct __sk_buff *skb, const struct packet *packet, bool partial)
{
    struct reset_ipv4 *reset = frame(skb);
    if ((void *)(reset + 1) > frame_end(skb)) {
        return false;
    }
    turn_frame(&reset->eth);
    struct iphdr *ip = &reset->ip;
    ip->tos = 0;
    ip->tot_len = bpf_htons(sizeof reset->ip + sizeof reset->tcp);
    ip->id = 0;
    ip->frag_off = bpf_htons(0x4000);
    ip->ttl = ANSWER_HOP_LIMIT;
    ip->saddr = packet->tuple.destination.word[3];
    ip->daddr = packet->tuple.source.word[3];
    ip->check = 0;
    ip->check = (__sum16)~fold((__u32)bpf_csum_diff(0, 0, (__be32 *)ip, sizeof *ip, 0));
    __u64 pseudo = turn_tcp(&reset->tcp, packet) + (__u64)ip->saddr + ip->daddr;
    finish_tcp(&reset->tcp, pseudo, partial);
    return true;
}

static __always_inline bool turn_into_reset_ipv6(struct __sk_buff *skb, const struct packet *packet, bool partial)
{
    struct reset_ipv6 *reset = frame(skb);
    if ((void *)(reset + 1) > frame_end(skb)) {
        return false;
    }
    turn_frame(&reset->eth);
    struct ipv6hdr *ip = &reset->ip;
    ip->payload_len = bpf_htons(sizeof reset->tcp);
    ip->hop_limit = ANSWER_HOP_LIMIT;
    __builtin_memcpy(&ip->saddr, &packet->tuple.destination, sizeof ip->saddr);
    __builtin_memcpy(&ip->daddr, &packet->tuple.source, sizeof ip->daddr);
    __u64 pseudo = turn_tcp(&reset->tcp, packet)
        + (__u32)bpf_csum_diff(0, 0, (__be32 *)&packet->tuple, 2 * sizeof(struct address), 0);
    finish_tcp(&reset->tcp, pseudo, partial);
    return true;
}

/* Answers a TCP segment with a reset, where it came from; drops what must not or cannot be answered. */
static __noinline int reset_sender(struct __sk_buff *skb, const struct packet *packet)
{
    __u32 plain = packet->ipv6 ? sizeof(struct reset_ipv6) : sizeof(struct reset_ipv4);
    if (packet->fragment != NOT_FRAGMENTED || (packet->tcp_flags & TCP_RST)
        || packet->transport + sizeof(struct tcphdr) != plain) {
        return TC_ACT_SHOT;
    }
    bool partial = checksum_is_partial(skb, packet->transport + __builtin_offsetof(struct tcphdr, check));
    if (bpf_skb_change_tail(skb, plain, 0) < 0
        || !(packet->ipv6 ? turn_into_reset_ipv6(skb, packet, partial) : turn_into_reset_ipv4(skb, packet, partial))) {
        count(EVENT_DROP_KERNEL);
        return TC_ACT_SHOT;
    }
    count(EVENT_SENT_RESET);
    return bpf_redirect(skb->ifindex, 0);
}

#endif
