/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Rewrites a packet as its flow says. A checksum is changed by the difference that a change of its words makes
 * (RFC 1624), never computed anew, so a packet that was damaged on its way stays recognisably so.
 *
 * The transport checksum goes through bpf_l4_csum_replace, since only the kernel knows whether the field holds a whole
 * checksum or, with checksum offload, the sum of the pseudo header alone, in which only the addresses count.
 */
#ifndef MAINSTAY_TRANSLATE_H
#define MAINSTAY_TRANSLATE_H

#include "packet.h"

static __always_inline __sum16 fold(__u64 sum)
{
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (__sum16)sum;
}

/* The checksum after a change of the words under it that makes this difference. */
static __always_inline __sum16 adjust(__sum16 checksum, __u64 difference)
{
    return (__sum16)~fold((__u16)~checksum + difference);
}

/*
 * Returns the difference to the checksum. In the word that the checksum sees: to write one octet of it and read the word
 * back stalls a processor for longer than all the arithmetic here takes.
 */
static __always_inline __u64 spend_hops_ipv4(struct iphdr *ip, __u8 hops)
{
    __u16 *hops_and_protocol = (__u16 *)&ip->ttl;
    __u16 before = *hops_and_protocol;
    __u16 after = before - bpf_htons((__u16)(hops << 8));
    *hops_and_protocol = after;
    return (__u64)(__u16)~before + after;
}

/* Rewrites the IP header: addresses, hop limit, and for a fragment the identification. */
static __always_inline bool translate_ipv4(struct __sk_buff *skb, const struct packet *packet, const struct flow *flow)
{
    struct iphdr *ip = frame(skb) + NETWORK;
    if ((void *)(ip + 1) > frame_end(skb)) {
        return false;
    }
    __u64 difference = flow->address_sum;
    difference += spend_hops_ipv4(ip, 1);
    if (packet->fragment != NOT_FRAGMENTED) {
        difference += (__u16)~ip->id;
        ip->id = (__be16)packet->fragment_new_id;
        difference += ip->id;
    }
    ip->saddr = flow->source.word[3];
    ip->daddr = flow->destination.word[3];
    ip->check = adjust(ip->check, difference);
    return true;
}

static __always_inline bool translate_ipv6(struct __sk_buff *skb, const struct flow *flow)
{
    struct ipv6hdr *ip = frame(skb) + NETWORK;
    if ((void *)(ip + 1) > frame_end(skb)) {
        return false;
    }
    __builtin_memcpy(&ip->saddr, &flow->source, sizeof ip->saddr);
    __builtin_memcpy(&ip->daddr, &flow->destination, sizeof ip->daddr);
    ip->hop_limit--;
    return true;
}

/*
 * A received frame's own sum (CHECKSUM_COMPLETE) must follow what no checksum in the packet makes up for. It exists only
 * where the device counted it; elsewhere the helper declines.
 */
static __always_inline void change_frame_sum(struct __sk_buff *skb, __u32 difference)
{
    bpf_csum_update(skb, difference);
}

static __noinline bool translate_fragment_id_ipv6(struct __sk_buff *skb, const struct packet *packet)
{
    __be32 before = packet->fragment_id;
    __be32 after = packet->fragment_new_id;
    if (bpf_skb_store_bytes(skb, packet->fragment_header + 4, &after, sizeof after, 0) < 0) {
        return false;
    }
    change_frame_sum(skb, (__u32)bpf_csum_diff(&before, sizeof before, &after, sizeof after, 0));
    return true;
}

/* Both as they lie in the header. */
static __always_inline __be32 two_ports(__be16 first, __be16 second)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return first | (__u32)second << 16;
#else
    return (__u32)first << 16 | second;
#endif
}

/* The pseudo header: RFC 9293 section 3.1, RFC 768; ports lie at the same place in both. */
static __always_inline bool translate_transport(struct __sk_buff *skb, const struct packet *packet,
    const struct flow *flow)
{
    bool tcp = packet->tuple.protocol == IPPROTO_TCP;
    struct udphdr *udp = transport(skb, packet->transport); /* of a TCP header its first 8 octets */
    if ((void *)(udp + 1) > frame_end(skb)) {
        return false;
    }
    __be32 before = two_ports(packet->tuple.source_port, packet->tuple.destination_port);
    __be32 after = two_ports(flow->source_port, flow->destination_port);
    *(__be32 *)udp = after;
    __u32 field = packet->transport + (tcp ? __builtin_offsetof(struct tcphdr, check) : __builtin_offsetof(struct udphdr, check));
    __u64 zero_is_none = tcp ? 0 : BPF_F_MARK_MANGLED_0;
    if (bpf_l4_csum_replace(skb, field, 0, flow->address_sum, BPF_F_PSEUDO_HDR | zero_is_none) < 0) {
        return false;
    }
    if (before != after && bpf_l4_csum_replace(skb, field, before, after, sizeof before | zero_is_none) < 0) {
        return false;
    }
    if (packet->ipv6) {
        /* The helper thinks of IPv4, where the sum of the addresses is undone by the header checksum. */
        change_frame_sum(skb, flow->address_sum);
    }
    return true;
}

/* The packet stays as it is but for the hop limit. */
static __always_inline bool spend_hops(struct __sk_buff *skb, const struct packet *packet, __u8 hops)
{
    if (packet->ipv6) {
        struct ipv6hdr *ip = frame(skb) + NETWORK;
        if ((void *)(ip + 1) > frame_end(skb)) {
            return false;
        }
        ip->hop_limit -= hops;
        change_frame_sum(skb, (__u16)~bpf_htons(hops));
        return true;
    }
    struct iphdr *ip = frame(skb) + NETWORK;
    if ((void *)(ip + 1) > frame_end(skb)) {
        return false;
    }
    ip->check = adjust(ip->check, spend_hops_ipv4(ip, hops));
    return true;
}

static __always_inline bool translate(struct __sk_buff *skb, const struct packet *packet, const struct flow *flow)
{
    if (packet->ipv6) {
        if (!translate_ipv6(skb, flow)) {
            return false;
        }
        if (packet->fragment != NOT_FRAGMENTED && !translate_fragment_id_ipv6(skb, packet)) {
            return false;
        }
        if (packet->fragment == LATER_FRAGMENT) {
            change_frame_sum(skb, flow->address_sum);
        }
    } else if (!translate_ipv4(skb, packet, flow)) {
        return false;
    }
    return packet->fragment == LATER_FRAGMENT || translate_transport(skb, packet, flow);
}

#endif
