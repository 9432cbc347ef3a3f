// SPDX-License-Identifier: Apache-2.0
#include "lease.h"

#include <time.h>

/* The daemon arms, shortens and acknowledges without a wake-up call; the guard sees it this much later at most. */
#define LOOK_NANOS INT64_C(20000000)
/* A guard that wakes later than this was not scheduled either. */
#define STALL_NANOS INT64_C(5000000)
/* No machine sleeps and wakes faster; a smaller step between the clocks is a guard preempted while reading them. */
#define SUSPEND_NANOS INT64_C(200000000)
/* Reading both clocks takes far less, unless the guard is preempted meanwhile. */
#define READING_NANOS INT64_C(1000000)
#define MOST_READINGS 16

static int64_t read_clock(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Preempted between the two clocks this thread would take its own pause for a suspension of the machine: it reads again. */
struct instant instant_now(void)
{
    struct instant now;
    int64_t after;
    int attempts = 0;
    do {
        now.monotonic = read_clock(CLOCK_MONOTONIC);
        now.boot = read_clock(CLOCK_BOOTTIME);
        after = read_clock(CLOCK_MONOTONIC);
    } while (after - now.monotonic > READING_NANOS && ++attempts < MOST_READINGS);
    return now;
}

void lease_start(struct lease_watch *watch, struct instant now)
{
    watch->planned = now.monotonic;
    watch->suspended = now.boot - now.monotonic;
}

bool lease_is_fenced(struct page *page)
{
    return atomic_load(&page->lease) == LEASE_FENCED;
}

static void write_reason(struct page *page, enum fence_reason reason, struct instant now, int64_t late_by)
{
    atomic_store(&page->fence_reason, (uint32_t)reason);
    atomic_store(&page->fenced_at, now.monotonic);
    atomic_store(&page->fenced_late_by, late_by);
}

void lease_take(struct page *page, enum fence_reason reason, struct instant now, int64_t late_by)
{
    write_reason(page, reason, now, late_by);
    atomic_store(&page->lease, LEASE_FENCED);
    atomic_fetch_add(&page->fence_count, 1);
}

static enum fence_reason reason_of(const struct lease_verdict *verdict, bool missed_while_awake)
{
    if (!missed_while_awake) {
        return FENCE_SUSPEND;
    }
    return verdict->guard_late_by > STALL_NANOS ? FENCE_STALL : FENCE_DEADLINE;
}

struct lease_verdict lease_look(struct page *page, struct lease_watch *watch, struct instant now)
{
    int64_t suspended = now.boot - now.monotonic;
    int64_t gap = suspended - watch->suspended;
    struct lease_verdict verdict = {
        .guard_late_by = now.monotonic - watch->planned,
        .suspended_for = gap >= SUSPEND_NANOS ? gap : 0,
    };
    watch->suspended = suspended;
    watch->planned = now.monotonic + LOOK_NANOS;

    /* To the peers the time of a suspension counts, although the clock of the deadline did not see it. */
    int64_t judged = now.monotonic + verdict.suspended_for;
    int64_t lease = atomic_load(&page->lease);
    for (;;) {
        if (lease == LEASE_DISARMED || lease == LEASE_FENCED) {
            verdict.state = lease == LEASE_FENCED ? LEASE_IS_FENCED : LEASE_IS_DISARMED;
            return verdict;
        }
        if (lease > judged) {
            if (lease < watch->planned) {
                watch->planned = lease;
            }
            verdict.state = LEASE_IS_KEPT;
            return verdict;
        }
        verdict.late_by = judged - lease;
        verdict.reason = reason_of(&verdict, lease <= now.monotonic);
        write_reason(page, verdict.reason, now, verdict.late_by);
        /* Fails if the daemon renewed its lease in this instant; then the renewed one is judged. */
        if (atomic_compare_exchange_strong(&page->lease, &lease, LEASE_FENCED)) {
            atomic_fetch_add(&page->fence_count, 1);
            verdict.state = LEASE_IS_MISSED;
            return verdict;
        }
    }
}
