// SPDX-License-Identifier: Apache-2.0
#ifndef MAINSTAY_GUARD_PRIVILEGE_H
#define MAINSTAY_GUARD_PRIVILEGE_H

/*
 * Makes this process hard to hold up: SCHED_FIFO at the priority (0: leave the scheduling alone), memory locked, and
 * last in line for the OOM killer where that is allowed. What is refused of the first two is named in one warning, and
 * the guard goes on without it. Called after the daemon has been started, which must not inherit any of this.
 */
void privilege_take(int fifo_priority);

/* Warns if addresses could not be removed for lack of CAP_NET_ADMIN. */
void privilege_check_net_admin(void);

#endif
