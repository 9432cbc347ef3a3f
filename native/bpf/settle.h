/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What is to become of a packet that is not simply one more of an established flow. */
#ifndef MAINSTAY_SETTLE_H
#define MAINSTAY_SETTLE_H

#include "answer.h"
#include "choose.h"
#include "flow.h"
#include "former.h"
#include "open.h"
#include "seek.h"
#include "term.h"
#include "track.h"
#include "workspace.h"

/* Ticks since either direction was heard. */
static __always_inline __u32 silence(const struct flow *flow, const struct tuple *key, __u32 now)
{
    struct tuple other_key;
    __u32 mine = now - flow->seen;
    other_direction(flow, key, &other_key);
    struct flow *other = find_flow(&other_key);
    if (!other) {
        return mine;
    }
    __u32 others = now - other->seen;
    return others < mine ? others : mine;
}

/* Whether this packet of a client begins a flow of its own on the entry of an old one. */
static __always_inline bool starts_anew(const struct packet *packet, const struct flow *flow, const struct backend *backend,
    bool embryo, __u32 now)
{
    if (flow->to_client || !is_first_of_flow(packet)) {
        return false;
    }
    const struct settings *with = settings_now();
    if (!with) {
        return false;
    }
    /* Who takes no new flows keeps those that were answered; if its checks fail, not even these. */
    if (backend->state == BACKEND_UNHEALTHY || (embryo && backend->state != BACKEND_READY)) {
        return true;
    }
    if (packet->tuple.protocol == IPPROTO_UDP) {
        return now - flow->seen > with->udp_ticks && silence(flow, &packet->tuple, now) > with->udp_ticks;
    }
    /* A SYN on a live flow is a stray or an attack: the backend knows how to answer (RFC 5961 section 4). */
    return flow_closing(flow) || (embryo ? now - flow->seen > with->embryo_ticks : is_unheard(flow, now))
        /* As nobody has answered, it was no connection: it must not spare this one the judgement. */
        || (embryo && flow->door && (flow->state & FLOW_ADOPTED));
}

/* A packet whose flow is in one of the tables, or FATE_UNKNOWN. */
__noinline int settle_known(__u32 now)
{
    struct packet *packet = packet_at_hand();
    if (!packet) {
        return FATE_DROP;
    }
    bool embryo = false;
    struct flow *flow = bpf_map_lookup_elem(&flows, &packet->tuple);
    if (!flow) {
        embryo = true;
        flow = bpf_map_lookup_elem(&embryos, &packet->tuple);
    }
    if (!flow) {
        return FATE_UNKNOWN;
    }
    __u32 slot = flow->backend;
    struct backend *backend = bpf_map_lookup_elem(&backends, &slot);
    if (!backend) {
        return FATE_DROP;
    }
    if (!gate_is_open(flow->gate)) {
        return goes_on_for_another(packet, flow, backend, embryo, now) ? FATE_FORWARD : FATE_ELSEWHERE;
    }
    if (!embryo && packet->tuple.protocol == IPPROTO_TCP && flow->mode == MODE_FULL_NAT && is_unheard(flow, now)) {
        if (!flow->to_client) {
            hear_client(packet, flow, now);
        } else if (!is_believed(packet, flow, backend, now)) {
            return FATE_FORMER;
        }
    }
    bool lost = !serves(backend, flow);
    if ((lost && !flow->to_client && is_first_of_flow(packet)) || starts_anew(packet, flow, backend, embryo, now)) {
        packet->gate = flow->gate;
        packet->admitted = packet->tuple.protocol == IPPROTO_UDP && (lost || backend->state == BACKEND_UNHEALTHY)
            && (flow->state & FLOW_COUNTED);
        forget_flow(&packet->tuple, flow);
        count(EVENT_FLOW_REPICKED);
        return FATE_NEW;
    }
    if (lost) {
        if (!flow->to_client) {
            mark(&packet->tuple, flow, FLOW_RESET);
        }
        count(EVENT_DROP_BACKEND_DOWN);
        return reset_sender();
    }
    if (embryo && packet->tuple.protocol == IPPROTO_TCP && !flow->to_client && awaits_syn(flow)) {
        if (packet->tcp_flags & TCP_RST) {
            count(EVENT_DROP_NO_FLOW); /* of the connection whose numbers it has: see seek.h */
            return FATE_DROP;
        }
        if (!(packet->tcp_flags & TCP_SYN)) {
            adopt(packet, flow);
        }
    }
    if (embryo && flow->to_client && packet->tuple.protocol == IPPROTO_TCP) {
        int sought = seek_source(packet, flow, now);
        if (sought != NOT_SOUGHT) {
            return sought;
        }
    }
    if ((embryo || (packet->tcp_flags & (TCP_FIN | TCP_RST))) && !track(packet, flow)) {
        return reset_sender();
    }
    return FATE_FORWARD;
}

/* The first packet of a flow, or no packet of ours. */
__noinline int settle_unknown(void)
{
    struct packet *packet = packet_at_hand();
    struct role *role = packet ? bpf_map_lookup_elem(&addresses, &packet->tuple.destination) : 0;
    if (!role || !(role->flags & ROLE_OURS)) {
        return FATE_STACK;
    }
    bool of_source = (__u16)(bpf_ntohs(packet->tuple.destination_port) - role->first_port) < role->ports;
    if (!gate_is_open(role->gate)) {
        return of_source || find_service(packet) ? FATE_ELSEWHERE : FATE_STACK;
    }
    if (of_source) {
        return FATE_FORMER;
    }
    if (packet->fragment == LATER_FRAGMENT || !find_service(packet)) {
        return FATE_STACK;
    }
    packet->gate = role->gate;
    return FATE_NEW;
}

/* Whether the service would have its client go to the backend that sent this packet. */
static __always_inline bool is_choice(const struct service *service, const struct packet *packet, const struct service_key *front)
{
    const struct settings *with = settings_now();
    struct tuple client = {
        .source = packet->tuple.destination,
        .source_port = packet->tuple.destination_port,
        .destination = front->address,
        .destination_port = front->port,
        .protocol = packet->tuple.protocol,
    };
    int chosen = with ? choose_backend(service->table_first, service->table_size, hash_flow(with, service, &client), false)
                      : NO_BACKEND;
    __u32 slot = (__u32)chosen;
    struct backend *backend = chosen < 0 ? 0 : bpf_map_lookup_elem(&backends, &slot);
    return backend && same_address(&backend->address, &packet->tuple.source);
}

static __always_inline bool is_mid_connection(const struct packet *packet)
{
    return packet->tuple.protocol == IPPROTO_TCP && packet->fragment == NOT_FRAGMENTED
        && (packet->tcp_flags & (TCP_ACK | TCP_SYN | TCP_RST)) == TCP_ACK;
}

static __always_inline struct service_key *find_front(const struct packet *packet)
{
    struct service_key from = {
        .address = packet->tuple.source,
        .port = packet->tuple.source_port,
        .protocol = packet->tuple.protocol,
    };
    return bpf_map_lookup_elem(&fronts, &from);
}

/*
 * Mode nat: whether this is a segment from the middle of a connection, from a backend to a client of whom nothing is known here.
 * Both ends follow from it, so the connection may go on even while the client is silent. Leaves in `opening` what to ask the
 * way to the client by.
 */
__noinline int is_answer(void)
{
    struct packet *packet = packet_at_hand();
    struct directions *directions = directions_at_hand();
    if (!packet || !directions || !is_mid_connection(packet)) {
        return false;
    }
    struct service_key *front = find_front(packet);
    if (!front) {
        return false;
    }
    struct role *role = bpf_map_lookup_elem(&addresses, &front->address);
    struct service *service = bpf_map_lookup_elem(&services, front);
    if (!role || !gate_is_open(role->gate) || !service || service->mode != MODE_NAT || !is_choice(service, packet, front)) {
        return false;
    }
    packet->gate = role->gate;
    directions->there.source = front->address;
    directions->there.mode = MODE_NAT;
    return true;
}

/* Turns the packet's description round: as if it went from this client to the service, or back again. */
static __always_inline void turn_round(struct packet *packet, const struct address *source, const struct address *destination,
    __be16 source_port, __be16 destination_port)
{
    __u32 sequence = packet->sequence;
    packet->sequence = packet->acknowledgement;
    packet->acknowledgement = sequence;
    packet->tuple.source = *source;
    packet->tuple.destination = *destination;
    packet->tuple.source_port = source_port;
    packet->tuple.destination_port = destination_port;
}

/* Enters the flow of an answer. */
__noinline int adopt_answer(void)
{
    struct packet *packet = packet_at_hand();
    struct service_key *front = packet ? find_front(packet) : 0;
    if (!front) {
        return FATE_DROP;
    }
    struct tuple answer = packet->tuple;
    turn_round(packet, &answer.destination, &front->address, answer.destination_port, front->port);
    int opened = open_flow();
    turn_round(packet, &answer.source, &answer.destination, answer.source_port, answer.destination_port);
    return opened;
}

#endif
