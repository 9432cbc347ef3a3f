// SPDX-License-Identifier: Apache-2.0
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* A signal that the parent ignores or blocks stays so over exec, and few scripts expect that. */
static void forget_signals(void)
{
    sigset_t none;
    for (int number = 1; number < NSIG; number++) {
        (void)signal(number, SIG_DFL); /* refused for two of them, which cannot be ignored anyway */
    }
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void become(char *const command[])
{
    const struct sched_param ordinary = {.sched_priority = 0};
    int nothing = open("/dev/null", O_RDONLY);
    if (setsid() < 0 || nothing < 0 || dup2(nothing, STDIN_FILENO) < 0) {
        perror("mainstay-run: cannot prepare the command");
        _exit(EXIT_CANNOT_RUN);
    }
    (void)close(nothing);
    (void)sched_setscheduler(0, SCHED_OTHER, &ordinary);
    if (getpriority(PRIO_PROCESS, 0) < 0) {
        (void)setpriority(PRIO_PROCESS, 0, 0); /* the daemon's share of the processors is its own */
    }
    forget_signals();
    (void)execv(command[0], command);
    int error = errno;
    (void)fprintf(stderr, "%s: %s (expected: a program that can be executed)\n", command[0], strerror(error));
    _exit(error == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXECUTE);
}

pid_t command_start(char *const command[])
{
    pid_t child = fork();
    if (child == 0) {
        become(command);
    }
    return child;
}

int command_exit_status(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
