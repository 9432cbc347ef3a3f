// SPDX-License-Identifier: Apache-2.0
#ifndef MAINSTAY_GUARD_LOG_H
#define MAINSTAY_GUARD_LOG_H

/*
 * Writes one line "mainstay-guard: ..." to stderr. Never waits: a line for which stderr has no room is dropped, because
 * a reader that hangs must not hold up a fence.
 */
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);

#endif
