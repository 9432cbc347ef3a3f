/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* New flows: which backend, and from which address and port. */
#ifndef MAINSTAY_OPEN_H
#define MAINSTAY_OPEN_H

#include "answer.h"
#include "choose.h"
#include "flow.h"
#include "latency.h"
#include "limit.h"
#include "workspace.h"

/* Half of them scattered, which soon finds a gap in a full range; then consecutive, which misses none in a small one. */
enum { PORT_PROBES = 64, SCATTERED_PORT_PROBES = 32 };

/* Whether the direction back is that to this client. */
static __always_inline bool is_of_client(const struct flow *back, const struct tuple *key)
{
    return same_address(&back->destination, &key->source) && back->destination_port == key->source_port
        && same_address(&back->source, &key->destination) && back->source_port == key->destination_port;
}

/*
 * A flow that was not heard since this node became Active may have ended while another node was. To one that is met in its middle it
 * gives its place up, given by the direction back: the backend tells whether that is the right one, and a client that speaks after
 * all is met in its middle itself, as by a node that never knew it.
 */
static __always_inline bool give_way(const struct tuple *back_key, struct flow *back, struct tuple *client_key, __u32 now)
{
    other_direction(back, back_key, client_key);
    struct flow *client = bpf_map_lookup_elem(&flows, client_key);
    if (!is_unheard(back, now) || (client && !is_unheard(client, now))) {
        return false;
    }
    if (client) {
        mark(client_key, client, FLOW_RESET);
        bpf_map_delete_elem(&flows, client_key);
    }
    bpf_map_delete_elem(&flows, back_key);
    return true;
}

/*
 * Takes the source address and port in `there` for this flow: enters the direction back, unless another flow has it. An
 * entry of the same client is left from an earlier life, or made by another CPU at this moment, and is as good as ours.
 */
__noinline int claim(void)
{
    struct tuple back_key;
    struct directions *directions = directions_at_hand();
    if (!directions) {
        return false;
    }
    const struct tuple *key = &directions->key;
    const struct flow *there = &directions->there;
    struct flow *back = &directions->back;
    other_direction(there, key, &back_key);
    struct flow *taken = bpf_map_lookup_elem(&flows, &back_key);
    if (taken && (there->state & FLOW_ADOPTED) && !is_of_client(taken, key)
        && give_way(&back_key, taken, &directions->other, there->seen)) {
        taken = 0;
    }
    if (!taken) {
        back->source = key->destination;
        back->destination = key->source;
        back->source_port = key->destination_port;
        back->destination_port = key->source_port;
        back->backend = there->backend;
        back->backend_id = there->backend_id;
        back->seen = there->seen;
        back->gate = there->gate;
        back->mode = there->mode;
        back->to_client = 1;
        back->address_sum = bpf_csum_diff((__be32 *)&back_key, 32, (__be32 *)back, 32, 0);
        if (bpf_map_update_elem(&embryos, &back_key, back, BPF_NOEXIST) == 0) {
            taken = bpf_map_lookup_elem(&flows, &back_key);
            if (!taken) {
                return true;
            }
            bpf_map_delete_elem(&embryos, &back_key); /* promoted between the two questions */
        } else {
            taken = bpf_map_lookup_elem(&embryos, &back_key);
        }
    }
    return taken && is_of_client(taken, key) && taken->backend_id == there->backend_id;
}

/* A stride would do when it shared no factor with the range, which is any number. */
static __always_inline __u32 nth_choice(__u32 choice, __u32 n, bool scattered)
{
    if (!scattered) {
        return choice + n;
    }
    __u32 mixed = (choice ^ n * 0x9e3779b9) * 0x85ebca6b;
    return mixed ^ mixed >> 16;
}

/* Writes the nth choice of a source into `there`; false: there is none. In mode nat the first is the client's own. */
static __always_inline bool choose_source(__u32 sources_first, __u32 sources_count, const struct tuple *key,
    struct flow *there, __u64 hash, __u32 n)
{
    __u32 choice = hash >> 32;
    if (there->mode == MODE_NAT) {
        there->source = key->source;
        there->source_port = key->source_port;
        if (n == 0) {
            return true;
        }
        n--;
    }
    if (sources_count == 0) {
        return false;
    }
    __u32 index = sources_first + (choice + n) % sources_count;
    struct source *source = bpf_map_lookup_elem(&sources, &index);
    if (!source || source->ports == 0) {
        return false;
    }
    if (there->mode == MODE_FULL_NAT) {
        there->source = source->address;
    }
    __u32 round = n / sources_count;
    __u32 port = source->first_port + nth_choice(choice / sources_count, round, n < SCATTERED_PORT_PROBES) % source->ports;
    there->source_port = bpf_htons((__u16)port);
    return true;
}

/*
 * Finds a source that no other flow to the same backend has. The choices follow from the hash alone, so another node that
 * meets this flow in its middle makes the same, and the first again if that was free.
 */
__noinline int claim_source(__u32 sources_first, __u32 sources_count, __u64 hash)
{
    struct directions *directions = directions_at_hand();
    if (!directions) {
        return false;
    }
    struct flow *there = &directions->there;
    /* Of 64 bits: a verifier before 5.16 loses sight of a shorter number that is put by on the stack. */
    for (__u64 n = 0; n < PORT_PROBES; n++) {
        if (!choose_source(sources_first, sources_count, &directions->key, there, hash, n)) {
            return false;
        }
        if (claim()) {
            there->state |= n << FLOW_CHOICE_SHIFT;
            return true;
        }
        there->state |= FLOW_PROBED;
    }
    return false;
}

static __always_inline const struct service *find_service(const struct packet *packet)
{
    struct service_key key = {
        .address = packet->tuple.destination,
        .port = packet->tuple.destination_port,
        .protocol = packet->tuple.protocol,
    };
    return bpf_map_lookup_elem(&services, &key);
}

/* What both directions are to hold before the source is chosen. */
static __always_inline void begin(struct directions *directions, const struct packet *packet, const struct service *service,
    __u32 slot, const struct backend *backend, bool goes_on)
{
    __builtin_memset(directions, 0, sizeof *directions);
    directions->key = packet->tuple;
    struct flow *there = &directions->there;
    there->source = packet->tuple.source;
    there->destination = packet->tuple.destination;
    there->source_port = packet->tuple.source_port;
    there->destination_port = packet->tuple.destination_port;
    there->backend = slot;
    there->backend_id = backend->id;
    there->seen = tick();
    there->gate = packet->gate;
    there->mode = service->mode;
    there->door = service->flags & SERVICE_JUDGED ? service->door : 0;
    if (goes_on) {
        there->state = FLOW_ADOPTED;
        there->acknowledged = packet->acknowledgement;
        directions->back.acknowledged = packet->sequence; /* about what the backend acknowledges: see seek.h */
        count(EVENT_FLOW_ADOPTED);
    }
    begin_measuring(packet, there);
    if (there->mode != MODE_DSR) {
        there->destination = backend->address;
        if (backend->port) {
            there->destination_port = backend->port;
        }
    }
}

/* Enters a new flow of the service that the packet is for. FATE_FORWARD, or what is to become of the packet, counted why. */
__noinline int open_flow(void)
{
    struct packet *packet = packet_at_hand();
    struct directions *directions = directions_at_hand();
    const struct settings *with = settings_now();
    const struct service *service = packet ? find_service(packet) : 0;
    if (!service || !directions || !with) {
        return FATE_STACK;
    }
    bool goes_on = packet->tuple.protocol == IPPROTO_TCP && !(packet->tcp_flags & TCP_SYN);
    if (service->flags & SERVICE_JUDGED) {
        int verdict = judge(service->door, &packet->tuple.source, goes_on || packet->admitted);
        if (verdict != ADMITTED) {
            turn_away(service->door, verdict);
            return reset_sender();
        }
    }
    __u64 hash = hash_flow(with, service, &packet->tuple);
    int chosen = choose_backend(service->table_first, service->table_size, hash, !goes_on);
    if (chosen == BACKENDS_FULL) {
        turn_away(service->door, REFUSED_BACKENDS_FULL);
        return reset_sender();
    }
    __u32 slot = (__u32)chosen;
    struct backend *backend = chosen < 0 ? 0 : bpf_map_lookup_elem(&backends, &slot);
    if (!backend) {
        count_refusal(service->door, REFUSED_NO_BACKEND);
        count(EVENT_DROP_NO_BACKEND);
        return reset_sender();
    }
    struct flow *there = &directions->there;
    begin(directions, packet, service, slot, backend, goes_on);
    if (there->mode != MODE_DSR) {
        if (!claim_source(service->sources_first, service->sources_count, hash_source(with, service, &packet->tuple, hash))) {
            count_refusal(service->door, REFUSED_NO_RESOURCES);
            count(EVENT_DROP_NO_PORT);
            return reset_sender();
        }
        if (there->state & FLOW_PROBED) {
            count(EVENT_FLOW_PROBED);
        }
        there->address_sum = bpf_csum_diff((__be32 *)&packet->tuple, 32, (__be32 *)there, 32, 0);
    }
    if (bpf_map_update_elem(&embryos, &packet->tuple, there, BPF_ANY) != 0) {
        count(EVENT_DROP_KERNEL);
        return reset_sender();
    }
    struct traffic *counters = bpf_map_lookup_elem(&traffic, &slot);
    if (counters) {
        counters->flows_new++;
    }
    return FATE_FORWARD;
}

#endif
