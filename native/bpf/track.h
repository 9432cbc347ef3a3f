/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The state that both directions of a flow share: the ends of TCP, and the first answer, which makes an embryo a flow. */
#ifndef MAINSTAY_TRACK_H
#define MAINSTAY_TRACK_H

#include <linux/errno.h>

#include "flow.h"
#include "latency.h"
#include "limit.h"
#include "maps.h"
#include "packet.h"

/* For how many times as long as an embryo keeps its backend a connection may have been silent at a takeover: five minutes. */
enum { TAKEOVER_EMBRYO_TIMES = 10 };

/* An answered flow could not be moved to `flows`. Where it is there already, another CPU has moved it, and its counts with it. */
static __always_inline void stay_embryo(const struct tuple *client_key, struct flow *client, long error)
{
    if (error != -EEXIST) {
        count_out(client_key, client);
        __sync_fetch_and_or(&client->state, FLOW_PASSED);
    }
    count(EVENT_FLOW_TABLE_FULL);
}

/*
 * Both have spoken: the flow moves to the table that only its end or its idle timer empties. False if its service, its client
 * or its backend has as many as it may have, which has been counted.
 */
static __noinline bool promote_flow(const struct tuple *client_key, struct flow *client)
{
    struct tuple back_key;
    __u32 slot = client->backend;
    /* Of a DSR flow too, which has none: a verifier before 6.3 does not see that the key is then not used below. */
    other_direction(client, client_key, &back_key);
    if (client->door) {
        if (flow_closing(client)) {
            return true;
        }
        int verdict = count_in(client_key, client, !(client->state & (FLOW_ADOPTED | FLOW_PASSED)));
        if (verdict != ADMITTED) {
            turn_away(client->door, verdict);
            return false;
        }
    }
    if (client->mode != MODE_DSR) {
        struct flow *back = bpf_map_lookup_elem(&embryos, &back_key);
        long error = back ? bpf_map_update_elem(&flows, &back_key, back, BPF_NOEXIST) : 0;
        if (error != 0) {
            stay_embryo(client_key, client, error);
            return true;
        }
    }
    __u32 before = __sync_fetch_and_or(&client->state, FLOW_LIVE);
    long error = bpf_map_update_elem(&flows, client_key, client, BPF_NOEXIST);
    if (error != 0) {
        __sync_fetch_and_and(&client->state, ~(__u32)FLOW_LIVE);
        if (client->mode != MODE_DSR) {
            bpf_map_delete_elem(&flows, &back_key);
        }
        stay_embryo(client_key, client, error);
        return true;
    }
    bpf_map_delete_elem(&embryos, client_key);
    if (client->mode != MODE_DSR) {
        bpf_map_delete_elem(&embryos, &back_key);
    }
    struct traffic *counters = bpf_map_lookup_elem(&traffic, &slot);
    if (counters && !(before & FLOW_LIVE)) {
        counters->flows_opened++;
    }
    return true;
}

/* A reset far from what the receiver expects may be forged: it is passed on for the receiver to judge, and not believed. */
static __always_inline bool reset_is_plausible(const struct packet *packet, const struct flow *other)
{
    return other->acknowledged == 0 || packet->sequence - other->acknowledged < 1 << 24;
}

/*
 * A DSR flow that was met in its middle is believed as long as it may have been there before the takeover: as nothing that its backend
 * says comes by, nothing proves that there is one. Later it stays an embryo, which is forwarded all the same, and fills nothing.
 */
static __always_inline bool may_be_from_before(const struct flow *client)
{
    const struct settings *with = settings_now();
    return with && ticks_open(client->gate, tick()) < TAKEOVER_EMBRYO_TIMES * with->embryo_ticks;
}

/* What the packet says of the state. False for a segment of a flow that is turned away. */
static __noinline bool track(const struct packet *packet, struct flow *flow)
{
    struct tuple other_key;
    struct flow *other = 0;
    if (flow->mode != MODE_DSR) {
        other_direction(flow, &packet->tuple, &other_key);
        other = find_flow(&other_key);
    }
    struct flow *client = flow->to_client ? other : flow;
    if (!client) {
        return true;
    }
    const struct tuple *client_key = flow->to_client ? &other_key : &packet->tuple;
    if (packet->tuple.protocol == IPPROTO_TCP) {
        if ((client->state & FLOW_REFUSED) && !(packet->tcp_flags & TCP_RST)) {
            return false;
        }
        if ((packet->tcp_flags & TCP_RST) && (!other || reset_is_plausible(packet, other))) {
            mark(client_key, client, FLOW_RESET);
        } else if (packet->tcp_flags & TCP_FIN) {
            mark(client_key, client, flow->to_client ? FLOW_BACKEND_FIN : FLOW_CLIENT_FIN);
        }
        if (flow->mode == MODE_DSR && (packet->tcp_flags & (TCP_FIN | TCP_RST))) {
            mark(client_key, client, FLOW_RESET); /* what the backend says is not seen here */
        }
        if (packet->tcp_flags & TCP_RST) {
            return true;
        }
    }
    if (client->state & FLOW_LIVE) {
        return true;
    }
    /* A SYN that is answered by a SYN may still be forged; whoever acknowledges, or is acknowledged, is there. */
    bool speaks = packet->tuple.protocol == IPPROTO_UDP || !(packet->tcp_flags & TCP_SYN);
    bool proven = speaks;
    if (flow->to_client) {
        if (!speaks) {
            client->acknowledged = packet->sequence + 1;
            if (!(client->state & FLOW_BACKEND_SPOKE)) {
                measure(client, false);
            }
            mark(client_key, client, FLOW_BACKEND_SPOKE);
        }
    } else if (flow->mode != MODE_DSR) {
        proven = speaks && (client->state & FLOW_BACKEND_SPOKE) && packet->acknowledgement - client->acknowledged < 1 << 16;
    } else if (client->state & FLOW_ADOPTED) {
        proven = speaks && may_be_from_before(client);
    }
    if (!proven || promote_flow(client_key, client)) {
        return true;
    }
    if (packet->tuple.protocol == IPPROTO_TCP) {
        mark(client_key, client, FLOW_REFUSED | FLOW_RESET); /* both ends are told as they speak */
    }
    return false;
}

#endif
