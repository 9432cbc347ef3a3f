/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Which backend a new flow goes to. Two nodes with equal tables, states and secret choose alike. */
#ifndef MAINSTAY_CHOOSE_H
#define MAINSTAY_CHOOSE_H

#include "limit.h"
#include "maps.h"
#include "packet.h"
#include "siphash.h"

/*
 * With a share of u of the table not ready, all probes fail with probability u^64. A table is to be rebuilt without those
 * that are not ready when they hold most of it.
 */
enum { BACKEND_PROBES = 64 };

enum {
    NO_BACKEND = -1,
    BACKENDS_FULL = -2, /* some are ready */
};

static __always_inline __u64 hash_flow(const struct settings *with, const struct service *service,
    const struct tuple *tuple)
{
    struct tuple hashed = *tuple;
    if (service->flags & SERVICE_PERSIST_SOURCE) {
        hashed.source_port = 0;
    }
    return siphash_tuple(with->secret, &hashed);
}

/*
 * By which a flow chooses its source. Flows of one client must not all have the same choices, even where they all go to the
 * same backend.
 */
static __always_inline __u64 hash_source(const struct settings *with, const struct service *service,
    const struct tuple *tuple, __u64 hash)
{
    return service->flags & SERVICE_PERSIST_SOURCE ? siphash_tuple(with->secret, tuple) : hash;
}

/*
 * Of the table of `size` slots from `first` on: the slot of a backend that takes new flows, or why there is none. Those that do not are stepped over: their flows come back
 * with them. `for_new`: one that has as many flows as it may have takes none either; a flow that goes on may be one of these.
 */
__noinline int choose_backend(__u32 first, __u32 size, __u64 hash, bool for_new)
{
    int none = NO_BACKEND;
    if (size < 2) {
        return none;
    }
    __u32 at = (__u32)hash % size;
    __u32 step = 1 + (__u32)(hash >> 24) % (size - 1);
    for (int i = 0; i < BACKEND_PROBES; i++) {
        __u32 index = first + at;
        __u32 *slot = bpf_map_lookup_elem(&tables, &index);
        if (!slot) {
            return none;
        }
        __u32 chosen = *slot;
        struct backend *backend = bpf_map_lookup_elem(&backends, &chosen);
        if (backend && backend->state == BACKEND_READY) {
            if (!for_new || has_room(backend, chosen)) {
                return chosen;
            }
            none = BACKENDS_FULL;
        }
        at += step;
        if (at >= size) {
            at -= size;
        }
    }
    return none;
}

#endif
