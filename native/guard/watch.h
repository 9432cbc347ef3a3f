// SPDX-License-Identifier: Apache-2.0
#ifndef MAINSTAY_GUARD_WATCH_H
#define MAINSTAY_GUARD_WATCH_H

#include <sys/types.h>

#include "fence.h"
#include "lease.h"
#include "stand_in.h"

/* Exit status when the daemon exited with 0 and yet held addresses: a supervisor must not take that for a success. */
enum { EXIT_FENCED = 70 };

struct watch {
    struct page *page;
    struct fence fence;
    pid_t child;
    int signals;               /* signalfd of SIGCHLD and the signals to be forwarded */
    pid_t speaker;             /* the thread that renews the lease, as last read from the page */
    int speaker_end;           /* of child_thread for it, or -1 */
    int timer;                 /* timerfd of CLOCK_MONOTONIC */
    int64_t kill_after;        /* nanoseconds after which a fenced daemon that does not answer is killed; 0: never */
    bool kill_sent;
    bool fenced_at_exit;
    struct lease_watch lease;
    struct stand_in stand_in;
};

/* Watches the daemon until it has exited, and returns the status for the guard to exit with. */
int watch_daemon(struct watch *watch);

#endif
