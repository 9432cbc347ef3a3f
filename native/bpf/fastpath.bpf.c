/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The fast path: an XDP program that sends on the packets of established flows before the kernel has made anything of them.
 * It decides nothing. The program on tc has entered the flow, and whatever is not an ordinary packet of one, or would change
 * more of it than its counters and clocks, is passed on to that program: here every doubt is XDP_PASS. What it does to a
 * packet, and writes down of it, is what the other one would have done.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

/* Much of what the headers hold is about flows that begin or end. */
#pragma clang diagnostic ignored "-Wunused-function"

#include "fastpath.h"
#include "flow.h"
#include "hop.h"
#include "latency.h"
#include "maps.h"
#include "packet.h"
#include "passage.h"
#include "translate.h"

/* Arrays, since to look into a hash table takes a tenth of the time that all of this may take. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    CONFIGURATION;
    __uint(max_entries, OWN_INTERFACES);
    __type(key, __u32);
    __type(value, struct own_interface);
} own_interfaces SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1 << NEIGHBOURS_BITS);
    __type(key, __u32);
    __type(value, struct neighbour);
} neighbours SEC(".maps");

/* What the program sees of a frame. */
struct frame {
    void *start;
    void *end;
};

/*
 * Everything below is made twice, for each family, by the constant `ipv6`: all headers then stand at constant places, which
 * is what the verifier understands best, and quickest.
 */
static __always_inline __u32 transport_at(bool ipv6)
{
    return NETWORK + (ipv6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr));
}

/* False for what is not plain IPv4: options and fragments are the other program's. */
static __always_inline bool read_ipv4(const struct frame *frame, struct packet *packet)
{
    struct iphdr *ip = frame->start + NETWORK;
    if ((void *)(ip + 1) > frame->end) {
        return false;
    }
    __u32 total = bpf_ntohs(ip->tot_len);
    if (ip->version != 4 || ip->ihl != 5 || (ip->frag_off & bpf_htons(0x3fff)) || total < sizeof *ip
        || total > frame->end - frame->start - NETWORK) {
        return false;
    }
    map_ipv4(&packet->tuple.source, ip->saddr);
    map_ipv4(&packet->tuple.destination, ip->daddr);
    packet->tuple.protocol = ip->protocol;
    packet->length = total;
    packet->hop_limit = ip->ttl;
    return true;
}

static __always_inline bool read_ipv6(const struct frame *frame, struct packet *packet)
{
    struct ipv6hdr *ip = frame->start + NETWORK;
    if ((void *)(ip + 1) > frame->end) {
        return false;
    }
    __u32 total = sizeof *ip + bpf_ntohs(ip->payload_len);
    if (ip->version != 6 || total > frame->end - frame->start - NETWORK) {
        return false;
    }
    __builtin_memcpy(&packet->tuple.source, &ip->saddr, sizeof ip->saddr);
    __builtin_memcpy(&packet->tuple.destination, &ip->daddr, sizeof ip->daddr);
    packet->tuple.protocol = ip->nexthdr;
    packet->length = total;
    packet->hop_limit = ip->hop_limit;
    return true;
}

static __always_inline bool read_tcp(const struct frame *frame, struct packet *packet, bool ipv6)
{
    struct tcphdr *tcp = frame->start + transport_at(ipv6);
    if ((void *)(tcp + 1) > frame->end || transport_at(ipv6) + sizeof *tcp > NETWORK + packet->length) {
        return false;
    }
    __u32 header = tcp->doff * 4;
    if (header < sizeof *tcp || transport_at(ipv6) + header > NETWORK + packet->length) {
        return false;
    }
    packet->tuple.source_port = tcp->source;
    packet->tuple.destination_port = tcp->dest;
    packet->acknowledgement = bpf_ntohl(tcp->ack_seq);
    packet->tcp_flags = ((__u8 *)tcp)[13];
    packet->transport_octets = header;
    return true;
}

static __always_inline bool read_udp(const struct frame *frame, struct packet *packet, bool ipv6)
{
    struct udphdr *udp = frame->start + transport_at(ipv6);
    if ((void *)(udp + 1) > frame->end) {
        return false;
    }
    __u32 octets = bpf_ntohs(udp->len);
    if (octets < sizeof *udp || transport_at(ipv6) + octets > NETWORK + packet->length) {
        return false;
    }
    packet->tuple.source_port = udp->source;
    packet->tuple.destination_port = udp->dest;
    packet->transport_octets = sizeof *udp;
    return true;
}

static __always_inline bool read_ports(const struct frame *frame, struct packet *packet, bool ipv6)
{
    packet->transport = transport_at(ipv6);
    packet->ipv6 = ipv6;
    if (packet->tuple.protocol == IPPROTO_TCP) {
        return read_tcp(frame, packet, ipv6);
    }
    return packet->tuple.protocol == IPPROTO_UDP && read_udp(frame, packet, ipv6);
}

/* The same question as on tc, so that the flows of an address that is ours no more are left alone here too. */
static __always_inline bool may_be_ours(const struct packet *packet, const struct settings *with)
{
    return may_be_known(&packet->tuple.destination)
        || ((with->flags & SETTINGS_NAT) && may_be_known(&packet->tuple.source));
}

static __always_inline bool same_mac(const struct mac *one, const struct mac *other)
{
    return one->part[2] == other->part[2] && one->part[1] == other->part[1] && one->part[0] == other->part[0];
}

static __always_inline const struct own_interface *find_own(__u32 interface)
{
    __u32 place = interface % OWN_INTERFACES;
    struct own_interface *own = bpf_map_lookup_elem(&own_interfaces, &place);
    return own && own->index == interface ? own : 0;
}

/* Whether the frame is for this interface, and not merely seen by it. */
static __always_inline bool is_for_us(const struct frame *frame, __u32 interface)
{
    struct ethhdr *ethernet = frame->start;
    const struct own_interface *own = find_own(interface);
    return own && (void *)(ethernet + 1) <= frame->end && same_mac((struct mac *)ethernet->h_dest, &own->mac);
}

/*
 * Whether the packet changes nothing of its flow but counters and clocks. What closes is known in the client's direction
 * alone, and of the other one the program on tc does not ask either.
 */
static __always_inline bool is_steady(const struct packet *packet, const struct flow *flow, const struct settings *with, __u32 now)
{
    if (packet->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST)) {
        return false;
    }
    if (packet->tuple.protocol == IPPROTO_UDP && now - flow->seen > with->udp_ticks) {
        return false;
    }
    if (!flow->to_client && flow_closing(flow)) {
        return false;
    }
    return (flow->state & FLOW_DATA) || !has_data(packet);
}

/* Nothing of a backend that is there no more, or of addresses that are another node's. */
static __always_inline const struct backend *find_backend(const struct packet *packet, const struct flow *flow, __u32 now)
{
    __u32 slot = flow->backend;
    struct backend *backend = bpf_map_lookup_elem(&backends, &slot);
    return backend && follows(packet, flow, backend) && is_current(packet, flow, now) ? backend : 0;
}

/* Asks the kernel for the neighbour of this flow's way, which must be the way that is known. */
static __noinline bool look_up_neighbour(struct xdp_md *context, const struct flow *flow, const struct address *target,
    struct neighbour *neighbour)
{
    struct bpf_fib_lookup ask;
    struct address gateway;
    if (ask_route(context, flow, target, &ask) != BPF_FIB_LKUP_RET_SUCCESS) {
        return false;
    }
    gateway_of(&ask, &gateway);
    if (ask.ifindex != flow->hop_interface || !same_address(&gateway, &flow->hop_gateway)) {
        return false;
    }
    __builtin_memcpy(&neighbour->destination, ask.dmac, sizeof neighbour->destination);
    __builtin_memcpy(&neighbour->source, ask.smac, sizeof neighbour->source);
    return true;
}

static __always_inline __u32 place_of_neighbour(const struct flow *flow)
{
    const struct address *address = &flow->hop_gateway;
    __u32 mixed = (address->word[0] ^ address->word[1] ^ address->word[2] ^ address->word[3] ^ flow->hop_interface) * 0x9e3779b9u;
    return mixed >> (32 - NEIGHBOURS_BITS);
}

/*
 * The MAC addresses to send to and from. Once in the time for which a hop is taken for granted it says no, and the packet goes
 * by tc: only what the kernel sends itself makes it ask a neighbour that was silent for long whether it is still there.
 */
static __always_inline const struct neighbour *find_neighbour(struct xdp_md *context, const struct flow *flow,
    const struct address *target, const struct settings *with, __u32 now)
{
    __u32 place = place_of_neighbour(flow);
    struct neighbour *known = bpf_map_lookup_elem(&neighbours, &place);
    if (!known) {
        return 0;
    }
    bool is_other = known->interface != flow->hop_interface || !same_address(&known->address, &flow->hop_gateway);
    if (!is_other && (__s32)(now - known->used_until) >= 0) {
        known->used_until = now + with->hop_ticks;
        return 0;
    }
    if (!is_other && (__s32)(now - known->asked_until) < 0) {
        return known;
    }
    if (!look_up_neighbour(context, flow, target, known)) {
        return 0;
    }
    if (is_other) {
        known->address = flow->hop_gateway;
        known->interface = flow->hop_interface;
        known->used_until = now + with->hop_ticks;
    }
    known->asked_until = now + with->hop_ticks / UNRESOLVED_SHARE;
    return known;
}

/* The difference to a transport checksum; writes the ports, which lie at the same place in both. */
static __always_inline __u64 translate_ports(void *transport, const struct packet *packet, const struct flow *flow)
{
    __be32 before = two_ports(packet->tuple.source_port, packet->tuple.destination_port);
    __be32 after = two_ports(flow->source_port, flow->destination_port);
    *(__be32 *)transport = after;
    return (__u64)flow->address_sum + (__u32)~before + after;
}

static __always_inline bool translate_tcp(const struct frame *frame, struct tcphdr *header, const struct packet *packet,
    const struct flow *flow)
{
    if ((void *)(header + 1) > frame->end) {
        return false;
    }
    header->check = adjust(header->check, translate_ports(header, packet, flow));
    return true;
}

/* A datagram without a checksum keeps none, and none gets the value that would say so. */
static __always_inline bool translate_udp(const struct frame *frame, struct udphdr *header, const struct packet *packet,
    const struct flow *flow)
{
    if ((void *)(header + 1) > frame->end) {
        return false;
    }
    __u64 difference = translate_ports(header, packet, flow);
    if (header->check != 0) {
        __sum16 check = adjust(header->check, difference);
        header->check = check ? check : 0xffff;
    }
    return true;
}

/* Rewrites the packet as on tc, and the frame for its neighbour. False if its headers are not there; then all is as it was. */
static __always_inline bool rewrite(const struct frame *frame, const struct packet *packet, const struct flow *flow,
    const struct neighbour *neighbour, bool ipv6)
{
    struct ethhdr *ethernet = frame->start;
    void *ip = frame->start + NETWORK;
    void *transport = frame->start + transport_at(ipv6);
    bool translated = flow->mode != MODE_DSR;
    if (transport > frame->end) {
        return false;
    }
    if (translated && !(packet->tuple.protocol == IPPROTO_TCP ? translate_tcp(frame, transport, packet, flow)
                                                              : translate_udp(frame, transport, packet, flow))) {
        return false;
    }
    if (ipv6) {
        struct ipv6hdr *header = ip;
        if (translated) {
            __builtin_memcpy(&header->saddr, &flow->source, sizeof header->saddr);
            __builtin_memcpy(&header->daddr, &flow->destination, sizeof header->daddr);
        }
        header->hop_limit--;
    } else {
        struct iphdr *header = ip;
        __u64 difference = spend_hops_ipv4(header, 1);
        if (translated) {
            difference += flow->address_sum;
            header->saddr = flow->source.word[3];
            header->daddr = flow->destination.word[3];
        }
        header->check = adjust(header->check, difference);
    }
    *(struct mac *)ethernet->h_dest = neighbour->destination;
    *(struct mac *)ethernet->h_source = neighbour->source;
    return true;
}

/* Sends a packet of a flow on its way, or leaves all of it to tc. */
static __always_inline int send_on(struct xdp_md *context, const struct frame *frame, struct packet *packet, struct flow *flow,
    const struct settings *with, __u32 now, bool ipv6)
{
    const struct backend *backend = find_backend(packet, flow, now);
    if (!backend || packet->hop_limit <= 1) {
        return XDP_PASS;
    }
    const struct address *target = flow->mode == MODE_DSR ? &backend->address : &flow->destination;
    if (!find_hop(context, flow, target, now) || packet->length > flow->hop_mtu) {
        return XDP_PASS;
    }
    __u32 out = flow->hop_interface;
    bool back = out == context->ingress_ifindex;
    /* A driver whose interface has no XDP program may have nothing to send with, and would drop it without a word. */
    if (!back && !find_own(out)) {
        return XDP_PASS;
    }
    const struct neighbour *neighbour = find_neighbour(context, flow, target, with, now);
    if (!neighbour || !rewrite(frame, packet, flow, neighbour, ipv6)) {
        return XDP_PASS;
    }
    note_passage(packet, flow, now);
    count(EVENT_FAST_PATH);
    return back ? XDP_TX : (int)bpf_redirect(out, 0);
}

static __always_inline int look_at(struct xdp_md *context, const struct frame *frame, bool ipv6)
{
    struct packet packet;
    const struct settings *with = settings_now();
    __builtin_memset(&packet, 0, sizeof packet);
    if (!with || !(ipv6 ? read_ipv6(frame, &packet) : read_ipv4(frame, &packet)) || !may_be_ours(&packet, with)
        || !read_ports(frame, &packet, ipv6)) {
        return XDP_PASS;
    }
    struct flow *flow = bpf_map_lookup_elem(&flows, &packet.tuple);
    __u32 now = tick();
    if (!flow || !is_steady(&packet, flow, with, now) || !is_for_us(frame, context->ingress_ifindex)) {
        return XDP_PASS;
    }
    return send_on(context, frame, &packet, flow, with, now, ipv6);
}

SEC("xdp")
int mainstay_fastpath(struct xdp_md *context)
{
    struct frame frame = {(void *)(long)context->data, (void *)(long)context->data_end};
    struct ethhdr *ethernet = frame.start;
    if ((void *)(ethernet + 1) > frame.end) {
        return XDP_PASS;
    }
    if (ethernet->h_proto == bpf_htons(ETH_P_IP)) {
        return look_at(context, &frame, false);
    }
    if (ethernet->h_proto == bpf_htons(ETH_P_IPV6)) {
        return look_at(context, &frame, true);
    }
    return XDP_PASS;
}

char program_license[] SEC("license") = "GPL";
