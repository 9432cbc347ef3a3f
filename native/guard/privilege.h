// SPDX-License-Identifier: Apache-2.0
#ifndef MAINSTAY_GUARD_PRIVILEGE_H
#define MAINSTAY_GUARD_PRIVILEGE_H

/*
 * Makes this process hard to hold up: SCHED_FIFO at the priority (0: leave the scheduling alone), memory locked, last in
 * line for the OOM killer. What is refused is named in one warning, and the guard goes on without it.
 */
void privilege_take(int fifo_priority);

/* Warns if addresses could not be removed for lack of CAP_NET_ADMIN. */
void privilege_check_net_admin(void);

#endif
