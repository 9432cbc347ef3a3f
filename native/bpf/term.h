/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Flows of mode full_nat that this node knows from the last time when it was Active. Some ended meanwhile, and the other node gave
 * their ports to others. So until both directions of one are heard again, its backend is believed only if its numbers are those of
 * this connection. Else what it says to another client would go to the one that had the port before, who would answer by a
 * reset, with numbers that the backend believes: the end of that other connection.
 */
#ifndef MAINSTAY_TERM_H
#define MAINSTAY_TERM_H

#include "flow.h"
#include "seek.h"

/* A client speaks for the first time since this node is Active: by what it says its backend is measured. */
static __always_inline void hear_client(const struct packet *packet, const struct flow *client, __u32 now)
{
    struct tuple back_key;
    other_direction(client, &packet->tuple, &back_key);
    struct flow *back = bpf_map_lookup_elem(&flows, &back_key);
    if (back && is_unheard(back, now) && !(packet->tcp_flags & (TCP_SYN | TCP_RST))) {
        back->acknowledged = packet->sequence;
    }
}

/*
 * Whether a backend that speaks for the first time since this node is Active does so to this client. Where the client has spoken
 * and is denied, the flow is forgotten: its next segment is met in the middle of a connection, and sought (seek.h).
 */
static __noinline bool is_believed(const struct packet *packet, const struct flow *back, const struct backend *backend, __u32 now)
{
    struct tuple client_key;
    other_direction(back, &packet->tuple, &client_key);
    struct flow *client = bpf_map_lookup_elem(&flows, &client_key);
    if (client && serves(backend, back) && is_of_connection(packet, client, back)) {
        return true;
    }
    if (client && !is_unheard(client, now)) {
        forget_flow(&client_key, client);
    }
    return false;
}

#endif
