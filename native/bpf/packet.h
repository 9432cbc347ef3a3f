/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* From octets to a packet that the rest can reason about. Nothing is read beyond what the headers and the frame allow. */
#ifndef MAINSTAY_PACKET_H
#define MAINSTAY_PACKET_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "abi.h"

enum {
    NETWORK = ETH_HLEN,    /* offset of the IP header: a VLAN header never stands in the frame here */
    TRANSPORT_MASK = 0x1ff, /* offsets of transport headers are below: what the verifier is to believe */
    PULL = 192,            /* all headers of any packet that is forwarded, an ICMP error's inner ones included */
    EXTENSION_HEADERS = 4, /* of IPv6, that are looked through */
};

enum fragment_part {
    NOT_FRAGMENTED,
    FIRST_FRAGMENT,
    LATER_FRAGMENT, /* carries no ports */
};

enum tcp_flag {
    TCP_FIN = 1,
    TCP_SYN = 2,
    TCP_RST = 4,
    TCP_ACK = 16,
};

struct packet {
    struct tuple tuple;
    __u32 length; /* of the IP packet */
    __u32 sequence;
    __u32 acknowledgement;
    __u32 fragment_id;     /* as in the header: IPv4 in the low 16 bits */
    __u32 fragment_new_id; /* what it is replaced by */
    __u32 gate;            /* of a packet that begins a flow: where it came in */
    __u16 transport;       /* offset in the frame */
    __u16 transport_octets; /* of the TCP header, options included, or the UDP header */
    __u16 fragment_header; /* offset in the frame; IPv6 */
    __u8 ipv6;
    __u8 fragment; /* enum fragment_part */
    __u8 tcp_flags;
    __u8 icmp_type;
    __u8 hop_limit;
    __u8 admitted; /* of a client that has been judged, and goes on with another backend */
    __u8 last;     /* its entry in `embryos` is to go with it */
    __u8 to_interface; /* its frame was for the interface itself, and not for a virtual router */
};

enum parse {
    PARSED,
    PARSE_SHORT,     /* the headers do not stand in the linear part: pull and try again */
    PARSE_STACK,     /* nothing that this program forwards */
    PARSE_MALFORMED, /* lengths do not fit */
};

static __always_inline bool is_first_of_flow(const struct packet *packet)
{
    return packet->fragment != LATER_FRAGMENT
        && (packet->tuple.protocol == IPPROTO_UDP || (packet->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN);
}

static __always_inline void *frame(struct __sk_buff *skb)
{
    return (void *)(long)skb->data;
}

static __always_inline void *frame_end(struct __sk_buff *skb)
{
    return (void *)(long)skb->data_end;
}

/* A transport header in the frame. The barrier keeps the mask, which a compiler may know to be idle and the verifier not. */
static __always_inline void *transport(struct __sk_buff *skb, __u32 offset)
{
    asm volatile("%0 &= %1" : "+r"(offset) : "i"(TRANSPORT_MASK));
    return frame(skb) + offset;
}

static __always_inline void map_ipv4(struct address *address, __be32 ipv4)
{
    address->word[0] = 0;
    address->word[1] = 0;
    address->word[2] = bpf_htonl(0xffff);
    address->word[3] = ipv4;
}

static __always_inline bool is_ipv4(const struct address *address)
{
    return address->word[2] == bpf_htonl(0xffff) && address->word[0] == 0 && address->word[1] == 0;
}

static __always_inline bool same_address(const struct address *one, const struct address *other)
{
    return one->word[3] == other->word[3] && one->word[2] == other->word[2] && one->word[1] == other->word[1]
        && one->word[0] == other->word[0];
}

/* The addresses alone: enough to let most packets pass that are not for us. */
static __always_inline enum parse parse_addresses(struct __sk_buff *skb, struct packet *packet)
{
    if (skb->protocol == bpf_htons(ETH_P_IP)) {
        struct iphdr *ip = frame(skb) + NETWORK;
        if ((void *)(ip + 1) > frame_end(skb)) {
            return PARSE_SHORT;
        }
        map_ipv4(&packet->tuple.source, ip->saddr);
        map_ipv4(&packet->tuple.destination, ip->daddr);
        packet->tuple.protocol = ip->protocol;
        return PARSED;
    }
    if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
        struct ipv6hdr *ip = frame(skb) + NETWORK;
        if ((void *)(ip + 1) > frame_end(skb)) {
            return PARSE_SHORT;
        }
        __builtin_memcpy(&packet->tuple.source, &ip->saddr, sizeof ip->saddr);
        __builtin_memcpy(&packet->tuple.destination, &ip->daddr, sizeof ip->daddr);
        packet->tuple.protocol = ip->nexthdr;
        packet->ipv6 = 1;
        return PARSED;
    }
    return PARSE_STACK;
}

/* Jumbograms and GSO packets above 64 KiB leave the length field 0. */
static __always_inline bool takes_length_of_frame(struct __sk_buff *skb)
{
    return skb->gso_size != 0;
}

static __always_inline enum parse parse_ipv4(struct __sk_buff *skb, struct packet *packet)
{
    struct iphdr *ip = frame(skb) + NETWORK;
    if ((void *)(ip + 1) > frame_end(skb)) {
        return PARSE_SHORT;
    }
    __u32 header = ip->ihl * 4;
    __u32 total = bpf_ntohs(ip->tot_len);
    if (total == 0 && takes_length_of_frame(skb)) {
        total = skb->len - NETWORK;
    }
    if (ip->version != 4 || header < sizeof *ip || total < header || total > skb->len - NETWORK) {
        return PARSE_MALFORMED;
    }
    packet->length = total;
    packet->transport = NETWORK + header;
    packet->tuple.protocol = ip->protocol;
    packet->hop_limit = ip->ttl;
    packet->fragment_id = ip->id;
    if (ip->frag_off & bpf_htons(0x1fff)) {
        packet->fragment = LATER_FRAGMENT;
    } else if (ip->frag_off & bpf_htons(0x2000)) {
        packet->fragment = FIRST_FRAGMENT;
    }
    return PARSED;
}

struct fragment_extension {
    __u8 next;
    __u8 reserved;
    __be16 offset;
    __be32 id;
};

static __noinline enum parse parse_extensions(struct __sk_buff *skb, struct packet *packet)
{
    __u32 offset = NETWORK + sizeof(struct ipv6hdr);
    __u8 next = packet->tuple.protocol;
    for (int i = 0; i < EXTENSION_HEADERS; i++) {
        struct fragment_extension extension;
        if (next != IPPROTO_HOPOPTS && next != IPPROTO_DSTOPTS && next != IPPROTO_FRAGMENT) {
            break;
        }
        if (bpf_skb_load_bytes(skb, offset, &extension, sizeof extension) < 0) {
            return PARSE_MALFORMED;
        }
        if (next == IPPROTO_FRAGMENT) {
            packet->fragment_header = offset;
            packet->fragment_id = extension.id;
            if (extension.offset & bpf_htons(0xfff8)) {
                packet->fragment = LATER_FRAGMENT;
            } else if (extension.offset & bpf_htons(1)) {
                packet->fragment = FIRST_FRAGMENT;
            }
            offset += sizeof extension;
        } else {
            offset += (extension.reserved + 1) * 8;
        }
        next = extension.next;
        if (packet->fragment == LATER_FRAGMENT) {
            break;
        }
        if (offset > TRANSPORT_MASK) {
            return PARSE_STACK;
        }
    }
    if (offset > NETWORK + packet->length) {
        return PARSE_MALFORMED;
    }
    packet->transport = offset;
    packet->tuple.protocol = next;
    return PARSED;
}

static __always_inline enum parse parse_ipv6(struct __sk_buff *skb, struct packet *packet)
{
    struct ipv6hdr *ip = frame(skb) + NETWORK;
    if ((void *)(ip + 1) > frame_end(skb)) {
        return PARSE_SHORT;
    }
    __u32 total = sizeof *ip + bpf_ntohs(ip->payload_len);
    if (ip->payload_len == 0 && takes_length_of_frame(skb)) {
        total = skb->len - NETWORK;
    }
    if (ip->version != 6 || total > skb->len - NETWORK) {
        return PARSE_MALFORMED;
    }
    packet->length = total;
    packet->hop_limit = ip->hop_limit;
    packet->tuple.protocol = ip->nexthdr;
    packet->transport = NETWORK + sizeof *ip;
    if (ip->nexthdr == IPPROTO_TCP || ip->nexthdr == IPPROTO_UDP || ip->nexthdr == IPPROTO_ICMPV6) {
        return PARSED;
    }
    return parse_extensions(skb, packet);
}

static __always_inline enum parse parse_tcp(struct __sk_buff *skb, struct packet *packet)
{
    struct tcphdr *tcp = transport(skb, packet->transport);
    if (packet->transport + sizeof *tcp > NETWORK + packet->length) {
        return PARSE_MALFORMED;
    }
    if ((void *)(tcp + 1) > frame_end(skb)) {
        return PARSE_SHORT;
    }
    __u32 header = tcp->doff * 4;
    if (header < sizeof *tcp || packet->transport + header > NETWORK + packet->length) {
        return PARSE_MALFORMED;
    }
    packet->tuple.source_port = tcp->source;
    packet->tuple.destination_port = tcp->dest;
    packet->sequence = bpf_ntohl(tcp->seq);
    packet->acknowledgement = bpf_ntohl(tcp->ack_seq);
    packet->tcp_flags = ((__u8 *)tcp)[13];
    packet->transport_octets = header;
    return PARSED;
}

static __always_inline enum parse parse_udp(struct __sk_buff *skb, struct packet *packet)
{
    struct udphdr *udp = transport(skb, packet->transport);
    if (packet->transport + sizeof *udp > NETWORK + packet->length) {
        return PARSE_MALFORMED;
    }
    if ((void *)(udp + 1) > frame_end(skb)) {
        return PARSE_SHORT;
    }
    __u32 octets = bpf_ntohs(udp->len);
    if (octets == 0 && takes_length_of_frame(skb)) {
        octets = sizeof *udp;
    }
    if (octets < sizeof *udp
        || (packet->fragment == NOT_FRAGMENTED && packet->transport + octets > NETWORK + packet->length)) {
        return PARSE_MALFORMED;
    }
    packet->tuple.source_port = udp->source;
    packet->tuple.destination_port = udp->dest;
    packet->transport_octets = sizeof *udp;
    return PARSED;
}

struct icmp_header { /* of both families */
    __u8 type;
    __u8 code;
    __sum16 checksum;
    __be32 rest;
};

static __always_inline enum parse parse_icmp(struct __sk_buff *skb, struct packet *packet)
{
    struct icmp_header *icmp = transport(skb, packet->transport);
    if (packet->fragment != NOT_FRAGMENTED) {
        return PARSE_STACK;
    }
    if (packet->transport + sizeof *icmp > NETWORK + packet->length) {
        return PARSE_MALFORMED;
    }
    if ((void *)(icmp + 1) > frame_end(skb)) {
        return PARSE_SHORT;
    }
    packet->icmp_type = icmp->type;
    return PARSED;
}

/* All that lies behind the addresses. */
static __always_inline enum parse parse_rest(struct __sk_buff *skb, struct packet *packet)
{
    packet->fragment = NOT_FRAGMENTED;
    enum parse result = packet->ipv6 ? parse_ipv6(skb, packet) : parse_ipv4(skb, packet);
    if (result != PARSED) {
        return result;
    }
    if (packet->tuple.protocol == IPPROTO_TCP) {
        return packet->fragment == LATER_FRAGMENT ? PARSED : parse_tcp(skb, packet);
    }
    if (packet->tuple.protocol == IPPROTO_UDP) {
        return packet->fragment == LATER_FRAGMENT ? PARSED : parse_udp(skb, packet);
    }
    if (packet->tuple.protocol == (packet->ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP)) {
        return parse_icmp(skb, packet);
    }
    return PARSE_STACK;
}

#endif
