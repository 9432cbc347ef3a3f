// SPDX-License-Identifier: Apache-2.0
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "log.h"

#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL /* linux/pidfd.h of 6.9 */
#endif

/* systemd names by these variables the process that they are meant for, which was the guard. */
static void hand_over(const char *variable, const char *pid)
{
    if (getenv(variable) != NULL) {
        (void)setenv(variable, pid, 1);
    }
}

static _Noreturn void become(char *const command[], int page_descriptor, const sigset_t *mask, pid_t guard)
{
    char text[32];
    (void)prctl(PR_SET_PDEATHSIG, (unsigned long)SIGTERM, 0UL, 0UL, 0UL);
    if (getppid() != guard) {
        _exit(EXIT_CANNOT_GUARD); /* it died before the kernel was told to say so */
    }
    (void)snprintf(text, sizeof text, "%ld", (long)getpid());
    hand_over("WATCHDOG_PID", text);
    hand_over("LISTEN_PID", text);
    (void)snprintf(text, sizeof text, "/proc/self/fd/%d", page_descriptor);
    if (setenv(PAGE_VARIABLE, text, 1) < 0 || fcntl(page_descriptor, F_SETFD, 0) < 0) {
        say("cannot hand the page to %s: %s", command[0], strerror(errno));
        _exit(EXIT_CANNOT_GUARD);
    }
    /* Started by nohup or the like it would be ignored, and the daemon could not be asked to reload. */
    (void)signal(SIGHUP, SIG_DFL);
    (void)sigprocmask(SIG_SETMASK, mask, NULL);
    execvp(command[0], command);
    int error = errno;
    say("%s: %s (expected: a command that can be executed)", command[0], strerror(error));
    _exit(error == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXECUTE);
}

pid_t child_start(char *const command[], int page_descriptor, const sigset_t *mask)
{
    pid_t guard = getpid();
    pid_t child = fork();
    if (child == 0) {
        become(command, page_descriptor, mask, guard);
    }
    return child;
}

int child_thread(pid_t child, pid_t thread)
{
    /* Signal 0 asks only whether the thread is one of the child's: the number comes from the page. */
    if (thread <= 0 || syscall(SYS_tgkill, child, thread, 0) < 0) {
        return -1;
    }
    return (int)syscall(SYS_pidfd_open, thread, PIDFD_THREAD);
}

bool child_thread_can_be_watched(void)
{
    int descriptor = (int)syscall(SYS_pidfd_open, getpid(), PIDFD_THREAD);
    if (descriptor >= 0) {
        close(descriptor);
    }
    return descriptor >= 0;
}
