// SPDX-License-Identifier: Apache-2.0
/*
 * Who may speak: the daemon, as long as it renews its lease; after that the guard. The two decide by compare-and-swap
 * on one word, so that exactly one of them wins and the loser knows.
 */
#ifndef MAINSTAY_GUARD_LEASE_H
#define MAINSTAY_GUARD_LEASE_H

#include "page.h"

/* CLOCK_MONOTONIC stands still while the machine is suspended, CLOCK_BOOTTIME does not. Nanoseconds. */
struct instant {
    int64_t monotonic;
    int64_t boot;
};

struct instant instant_now(void);

/* What the watcher remembers from one look to the next. */
struct lease_watch {
    int64_t planned;     /* when the next look was to be (CLOCK_MONOTONIC) */
    int64_t suspended;   /* time that the machine has been suspended since it started */
};

enum lease_state {
    LEASE_IS_DISARMED,
    LEASE_IS_KEPT,
    LEASE_IS_MISSED, /* and has just been taken from the daemon */
    LEASE_IS_FENCED  /* taken earlier, and not yet acknowledged by the daemon */
};

struct lease_verdict {
    enum lease_state state;
    enum fence_reason reason;  /* of a missed lease */
    int64_t late_by;           /* nanoseconds by which the daemon missed its deadline */
    int64_t guard_late_by;     /* nanoseconds by which this look came later than planned */
    int64_t suspended_for;     /* nanoseconds of suspension since the last look */
};

void lease_start(struct lease_watch *watch, struct instant now);

/* Looks at the lease, takes it from a daemon that is late, and plans the next look. */
struct lease_verdict lease_look(struct page *page, struct lease_watch *watch, struct instant now);

/* Takes the lease from a daemon that is exiting. */
void lease_take(struct page *page, enum fence_reason reason, struct instant now, int64_t late_by);

bool lease_is_fenced(struct page *page);

#endif
