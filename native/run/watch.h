// SPDX-License-Identifier: Apache-2.0
#ifndef MAINSTAY_RUN_WATCH_H
#define MAINSTAY_RUN_WATCH_H

#include <stdbool.h>
#include <sys/types.h>

/* What this process waits for: the end of children, signals that ask it to end, and the end of its standard input. */
struct watch {
    int signals;
};

/* Returns false with errno if it cannot. To be called before the command is started, so that nothing is missed. */
bool watch_open(struct watch *watch);

/*
 * Waits until the command has ended, true, with its status; or until all of it is to be ended, false: standard input has
 * ended, because the daemon closed it or is gone, or a signal asked for it.
 */
bool watch_await(struct watch *watch, pid_t command, int *status);

/* Waits for the end of a child, this long at most. */
void watch_pause(struct watch *watch, int millis);

#endif
