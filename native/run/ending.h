// SPDX-License-Identifier: Apache-2.0
#ifndef MAINSTAY_RUN_ENDING_H
#define MAINSTAY_RUN_ENDING_H

#include <sys/types.h>

#include "watch.h"

/*
 * Kills the process group of the command, and then whatever else descends from it, in whichever group or session. Returns when
 * nothing of it is left, or after two seconds: a process that waits for a dead disk or file server cannot be killed.
 */
void end_all(struct watch *watch, pid_t command);

#endif
