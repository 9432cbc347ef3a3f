/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The flow table: finding, opening, promoting and ending flows. */
#ifndef MAINSTAY_FLOW_H
#define MAINSTAY_FLOW_H

#include <linux/errno.h>

#include "choose.h"
#include "latency.h"
#include "limit.h"
#include "maps.h"
#include "packet.h"

/* Half of them scattered, which soon finds a gap in a full range; then consecutive, which misses none in a small one. */
enum { PORT_PROBES = 64, SCATTERED_PORT_PROBES = 32 };

/* The two directions of a flow that is being opened: too large for the stack. */
struct directions {
    struct flow there;
    struct flow back;
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct directions);
} opening SEC(".maps");

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

/*
 * Takes the source address and port in `there` for this flow: enters the direction back, unless another flow has it. An
 * entry of the same client is left from an earlier life, or made by another CPU at this moment, and is as good as ours.
 *
 * Not static: the verifier looks at a global function once, at a static one again in each turn of the loop around it.
 */
__noinline int claim(const struct tuple *key)
{
    struct tuple back_key;
    __u32 zero = 0;
    struct directions *directions = bpf_map_lookup_elem(&opening, &zero);
    if (!directions || !key) {
        return false;
    }
    const struct flow *there = &directions->there;
    struct flow *back = &directions->back;
    other_direction(there, key, &back_key);
    struct flow *taken = bpf_map_lookup_elem(&flows, &back_key);
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
    return taken && same_address(&taken->destination, &key->source) && taken->destination_port == key->source_port
        && same_address(&taken->source, &key->destination) && taken->source_port == key->destination_port
        && taken->backend_id == there->backend_id;
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
static __always_inline bool choose_source(const struct service *service, const struct tuple *key, struct flow *there,
    __u64 hash, __u32 n)
{
    __u32 sources_count = service->sources_count;
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
    __u32 index = service->sources_first + (choice + n) % sources_count;
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
static __noinline bool claim_source(const struct service *service, const struct tuple *key,
    struct directions *directions, __u64 hash)
{
    struct flow *there = &directions->there;
    /* Of 64 bits: a verifier before 5.16 loses sight of a shorter number that is put by on the stack. */
    for (__u64 n = 0; n < PORT_PROBES; n++) {
        if (!choose_source(service, key, there, hash, n)) {
            return false;
        }
        if (claim(key)) {
            there->state |= n << FLOW_CHOICE_SHIFT;
            return true;
        }
        there->state |= FLOW_PROBED;
    }
    return false;
}

/* Enters a new flow of this service and returns the client's direction; null, and counted why, when that cannot be. */
static __noinline struct flow *open_flow(struct packet *packet, const struct service *service, __u32 gate)
{
    __u32 zero = 0;
    struct settings *with = bpf_map_lookup_elem(&settings, &zero);
    if (!with) {
        return 0;
    }
    bool goes_on = packet->tuple.protocol == IPPROTO_TCP && !(packet->tcp_flags & TCP_SYN);
    if (service->flags & SERVICE_JUDGED) {
        int verdict = judge(service->door, &packet->tuple.source, goes_on || packet->admitted);
        if (verdict != ADMITTED) {
            turn_away(service->door, verdict);
            return 0;
        }
    }
    __u64 hash = hash_flow(with, service, &packet->tuple);
    __s64 chosen = choose_backend(service, hash, !goes_on);
    if (chosen == BACKENDS_FULL) {
        turn_away(service->door, REFUSED_BACKENDS_FULL);
        return 0;
    }
    __u32 slot = (__u32)chosen;
    struct backend *backend = chosen < 0 ? 0 : bpf_map_lookup_elem(&backends, &slot);
    if (!backend) {
        count_refusal(service->door, REFUSED_NO_BACKEND);
        count(EVENT_DROP_NO_BACKEND);
        return 0;
    }
    struct directions *directions = bpf_map_lookup_elem(&opening, &zero);
    if (!directions) {
        return 0;
    }
    __builtin_memset(directions, 0, sizeof *directions);
    struct flow *there = &directions->there;
    there->source = packet->tuple.source;
    there->destination = packet->tuple.destination;
    there->source_port = packet->tuple.source_port;
    there->destination_port = packet->tuple.destination_port;
    there->backend = slot;
    there->backend_id = backend->id;
    there->seen = tick();
    there->gate = gate;
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
        if (!claim_source(service, &packet->tuple, directions, hash_source(with, service, &packet->tuple, hash))) {
            count_refusal(service->door, REFUSED_NO_RESOURCES);
            count(EVENT_DROP_NO_PORT);
            return 0;
        }
        if (there->state & FLOW_PROBED) {
            count(EVENT_FLOW_PROBED);
        }
        there->address_sum = bpf_csum_diff((__be32 *)&packet->tuple, 32, (__be32 *)there, 32, 0);
    }
    if (bpf_map_update_elem(&embryos, &packet->tuple, there, BPF_ANY) != 0) {
        count(EVENT_DROP_KERNEL);
        return 0;
    }
    struct traffic *counters = bpf_map_lookup_elem(&traffic, &slot);
    if (counters) {
        counters->flows_new++;
    }
    return bpf_map_lookup_elem(&embryos, &packet->tuple);
}

#endif
