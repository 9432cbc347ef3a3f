/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What a service takes in: access list, flows at the same time, new flows a second. A flow is judged twice: when it begins,
 * and, as to the counts alone, when it is answered. From then on it is counted, so that forged SYNs use up nobody's limits,
 * and none is exceeded by flows that began together. Limits hold for new flows only, and no packet of a live one pays for them.
 *
 * Counts are exact: whoever sets FLOW_COUNTED has counted, whoever takes it away counts out.
 */
#ifndef MAINSTAY_LIMIT_H
#define MAINSTAY_LIMIT_H

#include "access.h"
#include "maps.h"
#include "packet.h"

enum { ADMITTED = -1 };

#define SECOND_NANOSECONDS 1000000000ull

static __always_inline void count_refusal(__u32 door, __u32 reason)
{
    struct refusal_counts *counts = bpf_map_lookup_elem(&refusals, &door);
    if (counts && reason < REFUSALS) {
        counts->of[reason]++;
    }
}

__noinline int turn_away(__u32 door, __u32 reason)
{
    count_refusal(door, reason);
    count(EVENT_DROP_REFUSED);
    return 0;
}

/* The clients that count as one with this one. */
static __always_inline void group_of(__u32 door, const struct address *client, __u32 bits, struct client_group *group)
{
    __builtin_memset(group, 0, sizeof *group);
    group->door = door;
    group->bits = bits;
#pragma unroll
    for (__u32 i = 0; i < 4; i++) {
        __u32 own = bits > 32 * i ? bits - 32 * i : 0;
        __u32 mask = own >= 32 ? 0xffffffff : ~(0xffffffffu >> own);
        group->address.word[i] = client->word[i] & bpf_htonl(mask);
    }
}

static __always_inline __u32 client_bits(const struct door *door, const struct address *client)
{
    return is_ipv4(client) ? door->ipv4_bits : door->ipv6_bits;
}

/*
 * Takes a token from a bucket that holds as many as come in a second, and at least one. Kept as the moment at which it will be
 * full (virtual scheduling, ITU-T I.371), so that adding is all there is to do. Who adds in vain takes back, and may have had
 * another one be refused at that very moment, but never one too many taken in.
 */
static __always_inline bool take_token(__u64 *full_at, __u64 interval, __u64 now)
{
    __s64 most = interval > SECOND_NANOSECONDS ? interval : SECOND_NANOSECONDS;
    __u64 seen = *(volatile __u64 *)full_at;
    if (seen < now) {
        __sync_val_compare_and_swap(full_at, seen, now);
    }
    __u64 before = __sync_fetch_and_add(full_at, interval);
    if ((__s64)(before + interval - now) > most) {
        __sync_fetch_and_add(full_at, -interval);
        return false;
    }
    return true;
}

static __noinline bool take_client_token(__u32 id, const struct door *door, const struct address *client, __u64 now)
{
    struct client_group group;
    group_of(id, client, client_bits(door, client), &group);
    __u64 *full_at = bpf_map_lookup_elem(&client_rates, &group);
    if (!full_at) {
        __u64 full = now;
        bpf_map_update_elem(&client_rates, &group, &full, BPF_NOEXIST);
        full_at = bpf_map_lookup_elem(&client_rates, &group);
    }
    return !full_at || take_token(full_at, door->interval_per_client, now);
}

static __noinline bool client_has_room(__u32 id, const struct door *door, const struct address *client)
{
    struct client_group group;
    group_of(id, client, client_bits(door, client), &group);
    struct client_count *counted = bpf_map_lookup_elem(&client_counts, &group);
    return !counted || counted->live >= CLIENT_LEAVING || counted->live < (__s32)door->flows_per_client;
}

/*
 * ADMITTED, or why a client may not begin a flow. Of one that goes on, begun on another node or with another backend, only the
 * list is asked: it has been admitted.
 */
__noinline int judge(__u32 id, const struct address *client, bool goes_on)
{
    if (!client || !access_allows(id, client)) {
        return REFUSED_DENIED;
    }
    struct door *door = bpf_map_lookup_elem(&doors, &id);
    struct door_state *state = bpf_map_lookup_elem(&door_states, &id);
    if (goes_on || !door || !state) {
        return ADMITTED;
    }
    if (door->flows && state->live >= (__s32)door->flows) {
        return REFUSED_SERVICE_FULL;
    }
    if (door->flows_per_client && !client_has_room(id, door, client)) {
        return REFUSED_SOURCE_FULL;
    }
    if (!door->interval && !door->interval_per_client) {
        return ADMITTED;
    }
    __u64 now = bpf_ktime_get_ns();
    if (door->interval_per_client && !take_client_token(id, door, client, now)) {
        return REFUSED_SOURCE_TOO_FAST;
    }
    return door->interval && !take_token(&state->full_at, door->interval, now) ? REFUSED_SERVICE_TOO_FAST : ADMITTED;
}

/* Whether a backend that is ready may have one flow more. */
static __always_inline bool has_room(const struct backend *backend, __u32 slot)
{
    if (backend->limit == 0) {
        return true;
    }
    __s32 *live = bpf_map_lookup_elem(&backend_loads, &slot);
    return !live || *live < (__s32)backend->limit;
}

/* One more; false, and none more, where that would be more than `most`. 0: any number. */
static __always_inline bool add_one(__s32 *live, __u32 most)
{
    __s32 before = __sync_fetch_and_add(live, 1);
    if (most && before >= (__s32)most) {
        __sync_fetch_and_add(live, -1);
        return false;
    }
    return true;
}

/* As add_one, of a client's; the flow remembers by which of its bits. An entry that is being removed counts nobody. */
static __noinline bool add_of_client(__u32 id, const struct door *door, const struct address *client, struct flow *flow,
    __u32 most)
{
    struct client_group group;
    group_of(id, client, client_bits(door, client), &group);
    struct client_count *counted = bpf_map_lookup_elem(&client_counts, &group);
    if (!counted) {
        struct client_count none = {};
        bpf_map_update_elem(&client_counts, &group, &none, BPF_NOEXIST);
        counted = bpf_map_lookup_elem(&client_counts, &group);
    }
    if (!counted) {
        return true;
    }
    __s32 before = __sync_fetch_and_add(&counted->live, 1);
    if (before >= CLIENT_LEAVING || (most && before >= (__s32)most)) {
        __sync_fetch_and_add(&counted->live, -1);
        return before >= CLIENT_LEAVING;
    }
    flow->client_bits = group.bits;
    return true;
}

static __always_inline void remove_of_client(const struct tuple *client_key, const struct flow *client)
{
    struct client_group group;
    group_of(client->door, &client_key->source, client->client_bits, &group);
    struct client_count *counted = bpf_map_lookup_elem(&client_counts, &group);
    if (counted) {
        __sync_fetch_and_add(&counted->live, -1);
    }
}

/* Takes a flow out of the counts; nothing if it is in none. */
__noinline int count_out(const struct tuple *client_key, struct flow *client)
{
    if (!client_key || !client) {
        return 0;
    }
    __u32 id = client->door;
    __u32 slot = client->backend;
    if (!(__sync_fetch_and_and(&client->state, ~(__u32)FLOW_COUNTED) & FLOW_COUNTED)) {
        return 0;
    }
    struct door_state *state = bpf_map_lookup_elem(&door_states, &id);
    if (state) {
        __sync_fetch_and_add(&state->live, -1);
    }
    if (client->client_bits) {
        remove_of_client(client_key, client);
        client->client_bits = 0;
    }
    __s32 *load = bpf_map_lookup_elem(&backend_loads, &slot);
    if (load) {
        __sync_fetch_and_add(load, -1);
    }
    return 0;
}

/* Takes a flow into the counts of its door, its client and its backend. ADMITTED, or, if `checked`, whose limit forbids it. */
__noinline int count_in(const struct tuple *client_key, struct flow *client, bool checked)
{
    if (!client_key || !client) {
        return ADMITTED;
    }
    __u32 id = client->door;
    __u32 slot = client->backend;
    struct door *door = bpf_map_lookup_elem(&doors, &id);
    struct door_state *state = bpf_map_lookup_elem(&door_states, &id);
    struct backend *backend = bpf_map_lookup_elem(&backends, &slot);
    __s32 *load = bpf_map_lookup_elem(&backend_loads, &slot);
    if (!door || !state || !backend || !load || (__sync_fetch_and_or(&client->state, FLOW_COUNTED) & FLOW_COUNTED)) {
        return ADMITTED;
    }
    int refusal = REFUSED_SERVICE_FULL;
    if (add_one(&state->live, checked ? door->flows : 0)) {
        refusal = REFUSED_SOURCE_FULL;
        if (!door->flows_per_client
            || add_of_client(id, door, &client_key->source, client, checked ? door->flows_per_client : 0)) {
            refusal = REFUSED_BACKENDS_FULL;
            if (add_one(load, checked ? backend->limit : 0)) {
                return ADMITTED;
            }
            if (client->client_bits) {
                remove_of_client(client_key, client);
                client->client_bits = 0;
            }
        }
        __sync_fetch_and_add(&state->live, -1);
    }
    __sync_fetch_and_and(&client->state, ~(__u32)FLOW_COUNTED);
    return refusal;
}

#endif
