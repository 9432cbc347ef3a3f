/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The flow table: finding and ending flows. */
#ifndef MAINSTAY_FLOW_H
#define MAINSTAY_FLOW_H

#include "limit.h"
#include "maps.h"
#include "packet.h"

static __always_inline __u32 tick(void)
{
    return bpf_jiffies64();
}

/* The key under which the other direction of a flow is found. A DSR flow has none. */
static __always_inline void other_direction(const struct flow *flow, const struct tuple *key, struct tuple *other)
{
    other->source = flow->destination;
    other->destination = flow->source;
    other->source_port = flow->destination_port;
    other->destination_port = flow->source_port;
    other->protocol = key->protocol;
    __builtin_memset(other->zero, 0, sizeof other->zero);
}

static __always_inline struct flow *find_flow(const struct tuple *key)
{
    struct flow *flow = bpf_map_lookup_elem(&flows, key);
    return flow ? flow : bpf_map_lookup_elem(&embryos, key);
}

static __always_inline bool flow_closing(const struct flow *flow)
{
    __u32 fins = FLOW_CLIENT_FIN | FLOW_BACKEND_FIN;
    return (flow->state & FLOW_RESET) || (flow->state & fins) == fins;
}

/* Whether the backend is still the one that the flow goes to, and its flows live on. */
static __always_inline bool serves(const struct backend *backend, const struct flow *flow)
{
    return backend->id == flow->backend_id && backend->state != BACKEND_DOWN && backend->state != BACKEND_ABSENT;
}

/*
 * Whether a packet of an established flow goes where the flow does. A client's datagram leaves a backend whose checks fail: there
 * is no connection that would be lost by that.
 */
static __always_inline bool follows(const struct packet *packet, const struct flow *flow, const struct backend *backend)
{
    return serves(backend, flow)
        && (backend->state != BACKEND_UNHEALTHY || flow->to_client || packet->tuple.protocol != IPPROTO_UDP);
}

/*
 * Whether this direction of a flow was not heard since the gate is open. Another node may have been Active meanwhile, the flow may
 * have ended there, and its port be another one's since.
 */
static __always_inline bool is_unheard(const struct flow *flow, __u32 now)
{
    return now - flow->seen >= ticks_open(flow->gate, now);
}

/* Whether the gate is open, and, if it is a connection's, this direction was heard since. */
static __always_inline bool is_current(const struct packet *packet, const struct flow *flow, __u32 now)
{
    __u32 gate = flow->gate;
    __u32 *state = bpf_map_lookup_elem(&gates, &gate);
    return state && (*state & GATE_OPEN)
        && (packet->tuple.protocol == IPPROTO_UDP || now - flow->seen < term_of(*state, now));
}

/* Sets bits of the client's direction and, when this is what closed a counted flow, takes it out of the counts. */
static __always_inline void mark(const struct tuple *client_key, struct flow *client, __u32 bits)
{
    __sync_fetch_and_or(&client->state, bits);
    if (flow_closing(client) && (client->state & FLOW_COUNTED)) {
        count_out(client_key, client);
    }
    if (flow_closing(client) && (client->state & FLOW_LIVE)
        && !(__sync_fetch_and_or(&client->state, FLOW_ENDED) & FLOW_ENDED)) {
        __u32 slot = client->backend;
        struct traffic *counters = bpf_map_lookup_elem(&traffic, &slot);
        if (counters) {
            counters->flows_closed++;
        }
    }
}

/* Both directions of a flow vanish, given by the client's. */
static __noinline void forget_flow(const struct tuple *key, struct flow *flow)
{
    struct tuple other;
    other_direction(flow, key, &other);
    mark(key, flow, FLOW_RESET);
    if (bpf_map_delete_elem(&flows, &other) != 0) {
        bpf_map_delete_elem(&embryos, &other);
    }
    if (bpf_map_delete_elem(&flows, key) != 0) {
        bpf_map_delete_elem(&embryos, key);
    }
}

#endif
