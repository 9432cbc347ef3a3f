/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Answers that cross a takeover. In mode full_nat only a flow tells whom a backend speaks to, and the new Active learns of one when
 * its client speaks. Until then the node that was Active before has it: an answer to nobody who is known here goes on there
 * as it is (`formers`), and that node sends it to the client, although its gate is shut. The client's acknowledgement comes here.
 */
#ifndef MAINSTAY_FORMER_H
#define MAINSTAY_FORMER_H

#include "budget.h"
#include "flow.h"
#include "hop.h"
#include "seek.h"
#include "translate.h"

enum {
    FORMER_TURNS = 64, /* a tick, on each processor: who sends to ports of nobody must not make us send as much */
    FORMER_HOPS = 16,  /* taken off the hop limit: two nodes each of which believes that the other knows stop after some turns */
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct budget);
} former_turns SEC(".maps");

/*
 * The gate is shut. Whether this is an answer to a flow of the time when it was open, which the node that is Active does not
 * know: if the numbers are those of the connection, since that node may have given the port to another one. Of a datagram, as long
 * as its client may wait for it.
 */
static __noinline bool goes_on_for_another(const struct packet *packet, const struct flow *back, const struct backend *backend,
    bool embryo, __u32 now)
{
    struct tuple client_key;
    const struct settings *with = settings_now();
    if (!with || !packet->to_interface || !back->to_client || back->mode != MODE_FULL_NAT || !serves(backend, back)) {
        return false;
    }
    other_direction(back, &packet->tuple, &client_key);
    struct flow *client = find_flow(&client_key);
    if (!client) {
        return false;
    }
    if (packet->tuple.protocol == IPPROTO_UDP) {
        return now - client->seen <= with->embryo_ticks;
    }
    return !embryo && is_of_connection(packet, client, back);
}

static __always_inline bool may_be_answer(const struct packet *packet)
{
    return packet->tuple.protocol == IPPROTO_UDP || (packet->tcp_flags & (TCP_ACK | TCP_SYN | TCP_RST)) == TCP_ACK;
}

/* Sends an answer to the node that may know whose it is. If nobody does it is lost without a word: TCP repeats it. */
static __noinline int pass_to_former(struct __sk_buff *skb, const struct packet *packet, __u32 now)
{
    struct former *former = bpf_map_lookup_elem(&formers, &packet->tuple.destination);
    if (!former || !may_be_answer(packet) || packet->hop_limit <= FORMER_HOPS || !take_turn(&former_turns, now, FORMER_TURNS)) {
        count(EVENT_DROP_NO_FLOW);
        return TC_ACT_SHOT;
    }
    if (!spend_hops(skb, packet, FORMER_HOPS)) {
        count(EVENT_DROP_KERNEL);
        return TC_ACT_SHOT;
    }
    count(EVENT_SENT_TO_FORMER);
    skb->tstamp = 0;
    return leave_by(former->interface, &former->gateway);
}

#endif
