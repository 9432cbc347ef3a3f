/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Finds the source port of a flow that was met in its middle. Its first choice may have been taken when the flow began, and
 * is then another connection's, or nobody's, at the backend. The backend tells: it resets, or it answers with numbers that
 * are not of this connection. Then the next choice is asked with a segment that says nothing new, which the one true
 * connection acknowledges (as a keep-alive does, RFC 9293 section 3.8.4). Nobody else takes it for anything.
 *
 * A new flow may likewise be given the port of a connection of which nothing was heard since this node is Active. The backend
 * then acknowledges its SYN with the numbers of that connection (RFC 5961 section 4), which the client would answer by a reset with these
 * numbers: the end of the other's connection. So the flow takes its next choice. The client gets the segment all the same,
 * since Linux gives its SYN again at once after it and not after a second; its reset is dropped.
 */
#ifndef MAINSTAY_SEEK_H
#define MAINSTAY_SEEK_H

#include "budget.h"
#include "flow.h"
#include "open.h"
#include "workspace.h"

enum {
    NOT_SOUGHT = -1,
    CHOICES_SOUGHT = 8,          /* the first ones: with half of all ports taken, one of 256 flows has a later one */
    SEEKS_PER_TICK = 32,         /* on each processor: what was never a flow must not make us ask without end */
    NUMBERS_WINDOW = 1 << 26,    /* two sides that know each other differ by less in what they have sent and received */
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct budget);
} seeks SEC(".maps");

static __always_inline bool are_near(__u32 one, __u32 other)
{
    return one - other + NUMBERS_WINDOW < 2 * NUMBERS_WINDOW;
}

/* Whether this segment of a backend belongs to the connection of the client that speaks. */
static __always_inline bool is_of_connection(const struct packet *packet, const struct flow *client, const struct flow *back)
{
    return (packet->tcp_flags & (TCP_ACK | TCP_RST)) == TCP_ACK && are_near(packet->acknowledgement, back->acknowledged)
        && are_near(packet->sequence, client->acknowledged);
}

/* Whether of this flow nothing was seen but the SYN of its client. */
static __always_inline bool awaits_syn(const struct flow *client)
{
    return client->mode != MODE_DSR && !(client->state & (FLOW_ADOPTED | FLOW_BACKEND_SPOKE | FLOW_DATA | FLOW_LIVE));
}

/*
 * A client that speaks of what was never answered here has its connection from before: the SYN was an old one that came late, or
 * somebody else's. So all choices are sought for it, those too that were given up for the SYN.
 */
static __always_inline void adopt(const struct packet *packet, struct flow *client)
{
    struct tuple back_key;
    other_direction(client, &packet->tuple, &back_key);
    struct flow *back = bpf_map_lookup_elem(&embryos, &back_key);
    client->acknowledged = packet->acknowledgement;
    client->state = (client->state & ~FLOW_SOUGHT) | FLOW_ADOPTED | FLOW_DATA;
    if (back) {
        back->acknowledged = packet->sequence;
    }
    count(EVENT_FLOW_ADOPTED);
}

/* Whether this is an acknowledgement and nothing more, so that nothing of another's connection gets to who should not have it. */
static __always_inline bool tells_nothing(const struct packet *packet)
{
    return packet->tcp_flags == TCP_ACK && !has_data(packet);
}

/* Whether this segment of a backend tells that the port is another connection's, or nobody's. */
static __always_inline bool denies_port(const struct packet *packet, const struct flow *client, const struct flow *back)
{
    if (awaits_syn(client)) {
        return (packet->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_ACK;
    }
    return (client->state & (FLOW_ADOPTED | FLOW_LIVE)) == FLOW_ADOPTED && !is_of_connection(packet, client, back);
}

/* Goes on to the next choice that is free here; those that were tried come again only after all others. */
__noinline int claim_next(__u32 sources_first, __u32 sources_count)
{
    struct directions *directions = directions_at_hand();
    const struct settings *with = settings_now();
    if (!directions || !with) {
        return false;
    }
    struct flow *there = &directions->there;
    const struct tuple *key = &directions->key;
    __u64 hash = siphash_tuple(with->secret, key);
    __u32 before = (there->state & FLOW_CHOICE) >> FLOW_CHOICE_SHIFT;
    __u32 sought = (there->state & FLOW_SOUGHT) >> FLOW_SOUGHT_SHIFT;
    for (__u32 i = 0; i < CHOICES_SOUGHT; i++) {
        sought++;
        __u32 n = (before + 1 + i) % CHOICES_SOUGHT;
        if (sought > CHOICES_SOUGHT || !choose_source(sources_first, sources_count, key, there, hash, n)) {
            return false;
        }
        if (claim()) {
            there->state &= FLOW_ADOPTED | FLOW_DATA;
            there->state |= (n ? FLOW_PROBED : 0) | n << FLOW_CHOICE_SHIFT | sought << FLOW_SOUGHT_SHIFT;
            there->address_sum = bpf_csum_diff((__be32 *)key, 32, (__be32 *)there, 32, 0);
            return true;
        }
    }
    return false;
}

/*
 * For a segment of a backend, in the direction `back` of an embryo: what is to become of it. NOT_SOUGHT: there is nothing to seek, or nothing left:
 * the segment is for the client.
 */
static __noinline int seek_source(struct packet *packet, const struct flow *back, __u32 now)
{
    __u32 zero = 0;
    struct directions *directions = directions_at_hand();
    if (!directions) {
        return NOT_SOUGHT;
    }
    struct tuple *key = &directions->key;
    other_direction(back, &packet->tuple, key);
    struct flow *client = bpf_map_lookup_elem(&embryos, key);
    if (!client || !denies_port(packet, client, back)) {
        return NOT_SOUGHT;
    }
    bool begins = awaits_syn(client);
    struct service_key of = {.address = key->destination, .port = key->destination_port, .protocol = key->protocol};
    struct service *service = bpf_map_lookup_elem(&services, &of);
    struct answer *question = bpf_map_lookup_elem(&reply, &zero);
    if (!service || !question) {
        return NOT_SOUGHT;
    }
    if (!take_turn(&seeks, now, SEEKS_PER_TICK)) {
        return FATE_DROP;
    }
    __u32 expected = back->acknowledged;
    directions->there = *client;
    directions->there.seen = now;
    directions->there.asked = 0; /* the backend is not to blame for the time that this takes */
    __builtin_memset(&directions->back, 0, sizeof directions->back);
    directions->back.acknowledged = expected;
    if (!claim_next(service->sources_first, service->sources_count)) {
        return packet->tcp_flags & TCP_RST ? NOT_SOUGHT : FATE_DROP;
    }
    bpf_map_update_elem(&embryos, key, &directions->there, BPF_ANY);
    bool moved = directions->there.source_port != packet->tuple.destination_port
        || !same_address(&directions->there.source, &packet->tuple.destination); /* two choices may be one port */
    if (begins) {
        count(EVENT_FLOW_SOUGHT);
        if (tells_nothing(packet)) {
            packet->last = moved;
            return FATE_FORWARD;
        }
    }
    if (moved) {
        bpf_map_delete_elem(&embryos, &packet->tuple);
    }
    if (begins) {
        return FATE_DROP;
    }
    __builtin_memset(question, 0, sizeof *question);
    question->source = directions->there.source;
    question->source_port = directions->there.source_port;
    question->sequence = expected - 1;
    question->acknowledgement = directions->there.acknowledged;
    question->event = EVENT_FLOW_SOUGHT;
    question->flags = TCP_ACK;
    return FATE_ANSWER;
}

#endif
