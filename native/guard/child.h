// SPDX-License-Identifier: Apache-2.0
#ifndef MAINSTAY_GUARD_CHILD_H
#define MAINSTAY_GUARD_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/* The environment variable that names the page for the daemon, as a path to open. */
#define PAGE_VARIABLE "MAINSTAY_GUARD_PAGE"

/* Exit statuses, as those of env(1), nohup(1) and timeout(1). */
enum { EXIT_CANNOT_GUARD = 125, EXIT_CANNOT_EXECUTE = 126, EXIT_NOT_FOUND = 127 };

/*
 * Starts the command with the page open, the signal mask given, and SIGTERM due when the guard dies. A command that
 * cannot be executed is named on stderr by the child, which exits with 126 or 127. Returns its pid, or -1 and errno.
 */
pid_t child_start(char *const command[], int page_descriptor, const sigset_t *mask);

/*
 * A descriptor that polls as readable once this thread of the child has ended, or -1 if it is none, or the kernel
 * (before 6.9) has no such descriptors. When a process is killed, a thread other than its main one ends before the
 * memory of the process is freed; SIGCHLD comes after that, tens of milliseconds later for a heap of 500 MB.
 */
int child_thread(pid_t child, pid_t thread);

/* Whether the kernel has such descriptors. */
bool child_thread_can_be_watched(void);

#endif
