/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * ICMP errors about packets of a flow. The error quotes the packet as we sent it; its receiver must see the packet as
 * it sent it, or it cannot tell which connection is meant (RFC 5508 section 4.2).
 */
#ifndef MAINSTAY_ICMP_H
#define MAINSTAY_ICMP_H

#include <linux/pkt_cls.h>

#include "answer.h"
#include "flow.h"
#include "hop.h"
#include "translate.h"

/* RFC 792, RFC 4443; <linux/icmp.h> needs the C library's headers for another machine. */
enum icmp_type {
    ICMP_DESTINATION_UNREACHABLE = 3,
    ICMP_TIME_EXCEEDED = 11,
    ICMP_PARAMETER_PROBLEM = 12,
    ICMPV6_DESTINATION_UNREACHABLE = 1,
    ICMPV6_PARAMETER_PROBLEM = 4,
};

struct ports {
    __be16 source;
    __be16 destination;
};

static __always_inline bool is_icmp(const struct packet *packet)
{
    return packet->tuple.protocol == (packet->ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
}

static __always_inline bool is_icmp_error(const struct packet *packet)
{
    if (packet->ipv6) {
        return packet->icmp_type >= ICMPV6_DESTINATION_UNREACHABLE && packet->icmp_type <= ICMPV6_PARAMETER_PROBLEM;
    }
    return packet->icmp_type == ICMP_DESTINATION_UNREACHABLE || packet->icmp_type == ICMP_TIME_EXCEEDED
        || packet->icmp_type == ICMP_PARAMETER_PROBLEM;
}

/* What the error quotes. */
struct quote {
    struct tuple tuple; /* turned round: the key of the flow that leads to who is to have the error */
    __u32 network;      /* offset of the quoted IP header in the frame */
    __u32 transport;
};

static __noinline bool read_quote(struct __sk_buff *skb, const struct packet *packet, struct quote *quote)
{
    struct ports ports;
    __builtin_memset(quote, 0, sizeof *quote);
    quote->network = packet->transport + sizeof(struct icmp_header);
    if (packet->ipv6) {
        struct ipv6hdr ip;
        if (bpf_skb_load_bytes(skb, quote->network, &ip, sizeof ip) < 0) {
            return false;
        }
        __builtin_memcpy(&quote->tuple.source, &ip.daddr, sizeof ip.daddr);
        __builtin_memcpy(&quote->tuple.destination, &ip.saddr, sizeof ip.saddr);
        quote->tuple.protocol = ip.nexthdr;
        quote->transport = quote->network + sizeof ip;
    } else {
        struct iphdr ip;
        if (bpf_skb_load_bytes(skb, quote->network, &ip, sizeof ip) < 0 || ip.ihl < 5
            || (ip.frag_off & bpf_htons(0x1fff))) {
            return false;
        }
        map_ipv4(&quote->tuple.source, ip.daddr);
        map_ipv4(&quote->tuple.destination, ip.saddr);
        quote->tuple.protocol = ip.protocol;
        quote->transport = quote->network + ip.ihl * 4;
    }
    if ((quote->tuple.protocol != IPPROTO_TCP && quote->tuple.protocol != IPPROTO_UDP)
        || quote->transport + 8 > NETWORK + packet->length
        || bpf_skb_load_bytes(skb, quote->transport, &ports, sizeof ports) < 0) {
        return false;
    }
    quote->tuple.source_port = ports.destination;
    quote->tuple.destination_port = ports.source;
    return true;
}

/* Writes a 16-bit word and adds the difference that it makes to a checksum over it. */
static __always_inline void change_word(__be16 *at, __be16 to, __u64 *difference)
{
    *difference += (__u16)~*at;
    *difference += to;
    *at = to;
}

/* The quoted transport checksum, as far as the quote reaches and there is one. */
static __noinline void translate_quoted_checksum(struct __sk_buff *skb, const struct packet *packet,
    const struct quote *quote, __u64 change, __u64 *difference)
{
    bool tcp = quote->tuple.protocol == IPPROTO_TCP;
    __u32 field = quote->transport + (tcp ? __builtin_offsetof(struct tcphdr, check) : __builtin_offsetof(struct udphdr, check));
    __be16 checksum;
    if (field + sizeof checksum > NETWORK + packet->length || bpf_skb_load_bytes(skb, field, &checksum, sizeof checksum) < 0
        || (!tcp && checksum == 0)) {
        return;
    }
    __be16 before = checksum;
    checksum = adjust(checksum, change);
    if (!tcp && checksum == 0) {
        checksum = 0xffff;
    }
    if (bpf_skb_store_bytes(skb, field, &checksum, sizeof checksum, 0) == 0) {
        *difference += (__u16)~before;
        *difference += checksum;
    }
}

/* `flow` leads from where the error comes to who is to have it; the quoted packet went the other way. */
static __noinline bool translate_quote(struct __sk_buff *skb, const struct packet *packet, const struct quote *quote,
    const struct flow *flow, __u64 *difference)
{
    struct ports ports = {.source = flow->destination_port, .destination = flow->source_port};
    struct address now[2] = {flow->destination, flow->source};
    struct address before[2] = {quote->tuple.destination, quote->tuple.source};
    __u64 of_addresses = (__u32)bpf_csum_diff((__be32 *)before, sizeof before, (__be32 *)now, sizeof now, 0);
    __u64 change = of_addresses + (__u16)~quote->tuple.destination_port + ports.source + (__u16)~quote->tuple.source_port
        + ports.destination;
    long failed;
    if (packet->ipv6) {
        failed = bpf_skb_store_bytes(skb, quote->network + __builtin_offsetof(struct ipv6hdr, saddr), now, sizeof now, 0);
        *difference += change;
    } else {
        __be32 pair[2] = {now[0].word[3], now[1].word[3]};
        __be16 checksum;
        __u32 field = quote->network + __builtin_offsetof(struct iphdr, check);
        failed = bpf_skb_load_bytes(skb, field, &checksum, sizeof checksum);
        __be16 adjusted = adjust(checksum, of_addresses);
        failed |= bpf_skb_store_bytes(skb, field, &adjusted, sizeof adjusted, 0);
        failed |= bpf_skb_store_bytes(skb, quote->network + __builtin_offsetof(struct iphdr, saddr), pair, sizeof pair, 0);
        *difference += change + (__u16)~checksum + adjusted;
    }
    failed |= bpf_skb_store_bytes(skb, quote->transport, &ports, sizeof ports, 0);
    translate_quoted_checksum(skb, packet, quote, change, difference);
    return !failed;
}

/* The outer header: to whom the flow leads. What hides behind a VIP, or behind a source address of ours, stays hidden. */
static __noinline bool translate_envelope(struct __sk_buff *skb, const struct packet *packet, const struct quote *quote,
    struct flow *flow, __u64 difference)
{
    struct flow outer = {.destination = flow->destination, .source = packet->tuple.source};
    if (!same_address(&flow->source, &quote->tuple.source)) {
        outer.source = flow->source;
    }
    outer.address_sum = (__u32)bpf_csum_diff((__be32 *)&packet->tuple, 32, (__be32 *)&outer, 32, 0);
    if (packet->ipv6) {
        difference += outer.address_sum; /* the ICMPv6 checksum covers the pseudo header, ICMP's does not */
        if (!translate_ipv6(skb, &outer)) {
            return false;
        }
        change_frame_sum(skb, (__u16)~bpf_htons(1));
    } else if (!translate_ipv4(skb, packet, &outer)) {
        return false;
    }
    struct icmp_header *icmp = transport(skb, packet->transport);
    if ((void *)(icmp + 1) > frame_end(skb)) {
        return false;
    }
    icmp->checksum = adjust(icmp->checksum, difference);
    return true;
}

/* An ICMP error: to the other end of the flow that it is about, or to the stack. */
static __noinline int forward_icmp_error(struct __sk_buff *skb, const struct packet *packet)
{
    struct quote quote;
    __u64 difference = 0;
    if (!is_icmp_error(packet) || !read_quote(skb, packet, &quote)) {
        return TC_ACT_OK;
    }
    struct flow *flow = find_flow(&quote.tuple);
    if (!flow || !gate_is_open(flow->gate)) {
        return TC_ACT_OK;
    }
    __u32 slot = flow->backend;
    struct backend *backend = bpf_map_lookup_elem(&backends, &slot);
    if (!backend) {
        return TC_ACT_OK;
    }
    if (packet->hop_limit <= 1) {
        count(EVENT_DROP_HOP_LIMIT);
        return TC_ACT_SHOT;
    }
    bool dsr = flow->mode == MODE_DSR;
    if (!find_hop(skb, flow, dsr ? &backend->address : &flow->destination, tick())) {
        count(EVENT_DROP_NO_ROUTE);
        return TC_ACT_SHOT;
    }
    bool done = dsr ? spend_hops(skb, packet, 1)
                    : translate_quote(skb, packet, &quote, flow, &difference)
            && translate_envelope(skb, packet, &quote, flow, difference);
    if (!done) {
        count(EVENT_DROP_KERNEL);
        return TC_ACT_SHOT;
    }
    count(EVENT_ICMP_TRANSLATED);
    return leave(flow);
}

#endif
