// SPDX-License-Identifier: Apache-2.0
/*
 * Advertises for a daemon that holds its lease and is late with an advertisement: a pause that is too short to be worth a
 * failover then costs none, although at short intervals the peers would have taken over meanwhile.
 */
#ifndef MAINSTAY_GUARD_STAND_IN_H
#define MAINSTAY_GUARD_STAND_IN_H

#include "fence.h"
#include "page.h"

/* The list as it was last read, and its generation. */
struct stand_in {
    bool has_read;
    uint64_t generation;
    struct held list;
};

/* Advertises for every voice that is overdue. Returns when the next one will be (CLOCK_MONOTONIC), INT64_MAX if none. */
int64_t stand_in(struct stand_in *memory, struct page *page, const struct fence *fence, int64_t now);

#endif
