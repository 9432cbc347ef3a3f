/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What is written down of each packet that is sent on, whichever program sends it. */
#ifndef MAINSTAY_PASSAGE_H
#define MAINSTAY_PASSAGE_H

#include "maps.h"
#include "packet.h"

static __always_inline void note_passage(const struct packet *packet, struct flow *flow, __u32 now)
{
    __u32 slot = flow->backend;
    struct traffic *counters = bpf_map_lookup_elem(&traffic, &slot);
    if (counters) {
        if (flow->to_client) {
            counters->packets_out++;
            counters->octets_out += packet->length;
        } else {
            counters->packets_in++;
            counters->octets_in += packet->length;
        }
    }
    /* Of a client that has not yet acknowledged anything, `acknowledged` is what it must acknowledge: see track(). */
    if ((packet->tcp_flags & TCP_ACK) && (flow->to_client || (flow->state & (FLOW_LIVE | FLOW_ADOPTED)))) {
        flow->acknowledged = packet->acknowledgement;
    }
    flow->seen = now;
}

#endif
