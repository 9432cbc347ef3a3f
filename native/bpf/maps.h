/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The maps. Sizes are defaults: the loader sets those of the tables by configuration. What the daemon alone writes is
 * CONFIGURATION, to which the verifier holds the program: a second copy of it, which is asked what it would do, shares these
 * maps with the one that forwards, and has all others to itself (load.c, `trial`).
 */
#ifndef MAINSTAY_MAPS_H
#define MAINSTAY_MAPS_H

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "abi.h"

#define CONFIGURATION __uint(map_flags, BPF_F_RDONLY_PROG)

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    CONFIGURATION;
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct settings);
} settings SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct clock);
} clock SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    CONFIGURATION;
    __uint(max_entries, 8192);
    __type(key, struct address);
    __type(value, struct role);
} addresses SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    CONFIGURATION;
    __uint(max_entries, FILTER_BITS / 64);
    __type(key, __u32);
    __type(value, __u64);
} filter SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    CONFIGURATION;
    __uint(max_entries, VIRTUAL_MACS / 64);
    __type(key, __u32);
    __type(value, __u64);
} virtual_macs SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    CONFIGURATION;
    __uint(max_entries, 4096);
    __type(key, __u32);
    __type(value, __u32);
} gates SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    CONFIGURATION;
    __uint(max_entries, 8192);
    __type(key, struct service_key);
    __type(value, struct service);
} services SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    CONFIGURATION;
    __uint(max_entries, 4096);
    __type(key, struct address);
    __type(value, struct former);
} formers SEC(".maps");

/* Of mode nat: where clients arrive that a backend, given by its own address and port, has. None where there are two. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    CONFIGURATION;
    __uint(max_entries, 16384);
    __type(key, struct service_key);
    __type(value, struct service_key);
} fronts SEC(".maps");

/* The Maglev tables of all services, one after the other: slots of `backends`. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE | BPF_F_RDONLY_PROG);
    __uint(max_entries, 1 << 21);
    __type(key, __u32);
    __type(value, __u32);
} tables SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    CONFIGURATION;
    __uint(max_entries, 4096);
    __type(key, __u32);
    __type(value, struct source);
} sources SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    CONFIGURATION;
    __uint(max_entries, 16384);
    __type(key, __u32);
    __type(value, struct backend);
} backends SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 16384);
    __type(key, __u32);
    __type(value, struct owner);
} owners SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1 << 18);
    __type(key, struct tuple);
    __type(value, struct flow);
} flows SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 1 << 16);
    __type(key, struct tuple);
    __type(value, struct flow);
} embryos SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 8192);
    __type(key, struct fragment_key);
    __type(value, struct fragment);
} fragments SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 16384);
    __type(key, __u32);
    __type(value, struct traffic);
} traffic SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, EVENTS);
    __type(key, __u32);
    __type(value, __u64);
} events SEC(".maps");

/* What services take in; see limit.h. One door for each service. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_RDONLY_PROG);
    __uint(max_entries, 8192);
    __type(key, __u32);
    __type(value, struct door);
} doors SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 8192);
    __type(key, __u32);
    __type(value, struct door_state);
} door_states SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
    __uint(max_entries, 8192);
    __type(key, __u32);
    __type(value, struct refusal_counts);
} refusals SEC(".maps");

/* Entries cost memory only while there are any; the daemon removes those without flows. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 1 << 18);
    __type(key, struct client_group);
    __type(value, struct client_count);
} client_counts SEC(".maps");

/* Whoever is displaced has a full bucket again: made-up addresses cost no more memory than this. */
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 1 << 16);
    __type(key, struct client_group);
    __type(value, __u64);
} client_rates SEC(".maps");

/* Live flows with FLOW_COUNTED, by slot of `backends`. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 16384);
    __type(key, __u32);
    __type(value, __s32);
} backend_loads SEC(".maps");

struct access_trie {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 1);
    __uint(key_size, sizeof(struct access_key));
    __uint(value_size, sizeof(__u32));
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
    __uint(map_flags, BPF_F_RDONLY_PROG);
    __uint(max_entries, 8192);
    __type(key, __u32);
    __array(values, struct access_trie);
} access_lists SEC(".maps");

static __always_inline const struct settings *settings_now(void)
{
    __u32 zero = 0;
    return bpf_map_lookup_elem(&settings, &zero);
}

static __always_inline void count(__u32 event)
{
    __u64 *counter = bpf_map_lookup_elem(&events, &event);
    if (counter) {
        *counter += 1;
    }
}

/* False when the address is certainly not in `addresses`. */
static __always_inline bool may_be_known(const struct address *address)
{
    __u32 bit = filter_bit(address);
    __u32 index = bit / 64;
    __u64 *word = bpf_map_lookup_elem(&filter, &index);
    return word && (*word >> bit % 64 & 1);
}

static __always_inline bool gate_is_open(__u32 gate)
{
    __u32 *state = bpf_map_lookup_elem(&gates, &gate);
    return state && (*state & GATE_OPEN);
}

/* For how many ticks a gate that has this state has been open; they wrap around after some months. */
static __always_inline __u32 term_of(__u32 gate_state, __u32 now)
{
    return (now - (gate_state >> GATE_TICK_SHIFT)) & ~0u >> GATE_TICK_SHIFT;
}

static __always_inline __u32 ticks_open(__u32 gate, __u32 now)
{
    __u32 *state = bpf_map_lookup_elem(&gates, &gate);
    return state ? term_of(*state, now) : 0;
}

#endif
