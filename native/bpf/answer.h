/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Turns a packet into an answer to its sender. Slow path: bpf_skb_change_tail makes it linear, private and free of GSO. */
#ifndef MAINSTAY_ANSWER_H
#define MAINSTAY_ANSWER_H

#include <linux/pkt_cls.h>

#include "maps.h"
#include "packet.h"
#include "translate.h"
#include "workspace.h"

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

struct plain_ipv4 {
    struct ethhdr eth;
    struct iphdr ip;
    struct tcphdr tcp;
} __attribute__((packed));

struct plain_ipv6 {
    struct ethhdr eth;
    struct ipv6hdr ip;
    struct tcphdr tcp;
} __attribute__((packed));

/* Returns the pseudo header's sum of length and protocol. */
static __always_inline __u64 write_tcp(struct tcphdr *tcp, const struct packet *packet, const struct answer *answer)
{
    __builtin_memset(tcp, 0, sizeof *tcp);
    tcp->source = answer->source_port;
    tcp->dest = packet->tuple.source_port;
    tcp->seq = bpf_htonl(answer->sequence);
    tcp->ack_seq = bpf_htonl(answer->acknowledgement);
    tcp->doff = sizeof *tcp / 4;
    ((__u8 *)tcp)[13] = answer->flags;
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

static __always_inline bool write_ipv4(struct __sk_buff *skb, const struct packet *packet, const struct answer *answer,
    bool partial)
{
    struct plain_ipv4 *plain = frame(skb);
    if ((void *)(plain + 1) > frame_end(skb)) {
        return false;
    }
    turn_frame(&plain->eth);
    struct iphdr *ip = &plain->ip;
    ip->tos = 0;
    ip->tot_len = bpf_htons(sizeof plain->ip + sizeof plain->tcp);
    ip->id = 0;
    ip->frag_off = bpf_htons(0x4000);
    ip->ttl = ANSWER_HOP_LIMIT;
    ip->saddr = answer->source.word[3];
    ip->daddr = packet->tuple.source.word[3];
    ip->check = 0;
    ip->check = (__sum16)~fold((__u32)bpf_csum_diff(0, 0, (__be32 *)ip, sizeof *ip, 0));
    __u64 pseudo = write_tcp(&plain->tcp, packet, answer) + (__u64)ip->saddr + ip->daddr;
    finish_tcp(&plain->tcp, pseudo, partial);
    return true;
}

static __always_inline bool write_ipv6(struct __sk_buff *skb, const struct packet *packet, const struct answer *answer,
    bool partial)
{
    struct plain_ipv6 *plain = frame(skb);
    if ((void *)(plain + 1) > frame_end(skb)) {
        return false;
    }
    turn_frame(&plain->eth);
    struct ipv6hdr *ip = &plain->ip;
    ip->payload_len = bpf_htons(sizeof plain->tcp);
    ip->hop_limit = ANSWER_HOP_LIMIT;
    __builtin_memcpy(&ip->saddr, &answer->source, sizeof ip->saddr);
    __builtin_memcpy(&ip->daddr, &packet->tuple.source, sizeof ip->daddr);
    __u64 pseudo = write_tcp(&plain->tcp, packet, answer)
        + (__u32)bpf_csum_diff(0, 0, (__be32 *)&ip->saddr, 2 * sizeof(struct address), 0);
    finish_tcp(&plain->tcp, pseudo, partial);
    return true;
}

/* Sends what stands in `reply` in the place of a TCP segment, where that came from. Drops what cannot be answered. */
static __noinline int send_reply(struct __sk_buff *skb, const struct packet *packet)
{
    __u32 zero = 0;
    const struct answer *answer = bpf_map_lookup_elem(&reply, &zero);
    __u32 plain = packet->ipv6 ? sizeof(struct plain_ipv6) : sizeof(struct plain_ipv4);
    if (!answer || packet->fragment != NOT_FRAGMENTED || packet->transport + sizeof(struct tcphdr) != plain) {
        return TC_ACT_SHOT;
    }
    bool partial = checksum_is_partial(skb, packet->transport + __builtin_offsetof(struct tcphdr, check));
    if (bpf_skb_change_tail(skb, plain, 0) < 0
        || !(packet->ipv6 ? write_ipv6(skb, packet, answer, partial) : write_ipv4(skb, packet, answer, partial))) {
        count(EVENT_DROP_KERNEL);
        return TC_ACT_SHOT;
    }
    count(answer->event);
    return bpf_redirect(skb->ifindex, 0);
}

/*
 * Has TCP be answered by a reset (RFC 9293 section 3.5.2), so that its sender does not wait in vain, and drops what must not
 * be answered, or is no TCP. The reason has been counted.
 */
__noinline int reset_sender(void)
{
    __u32 zero = 0;
    struct packet *packet = packet_at_hand();
    struct answer *reset = bpf_map_lookup_elem(&reply, &zero);
    if (!packet || !reset || packet->tuple.protocol != IPPROTO_TCP || (packet->tcp_flags & TCP_RST)) {
        return FATE_DROP;
    }
    __builtin_memset(reset, 0, sizeof *reset);
    reset->source = packet->tuple.destination;
    reset->source_port = packet->tuple.destination_port;
    reset->event = EVENT_SENT_RESET;
    reset->flags = TCP_RST;
    if (packet->tcp_flags & TCP_ACK) {
        reset->sequence = packet->acknowledgement;
    } else {
        __u32 data = NETWORK + packet->length - packet->transport - packet->transport_octets;
        reset->acknowledgement = packet->sequence + data + !!(packet->tcp_flags & TCP_SYN) + !!(packet->tcp_flags & TCP_FIN);
        reset->flags |= TCP_ACK;
    }
    return FATE_ANSWER;
}

#endif
