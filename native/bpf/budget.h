/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* How often something may be done in a tick, on each processor, that others can make us do. */
#ifndef MAINSTAY_BUDGET_H
#define MAINSTAY_BUDGET_H

#include <stdbool.h>

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct budget {
    __u32 tick;
    __u32 spent;
};

/* budget: an array for each processor, of one */
static __always_inline bool take_turn(void *budget, __u32 now, __u32 most)
{
    __u32 zero = 0;
    struct budget *own = bpf_map_lookup_elem(budget, &zero);
    if (!own) {
        return false;
    }
    if (own->tick != now) {
        own->tick = now;
        own->spent = 0;
    }
    return own->spent++ < most;
}

#endif
