// SPDX-License-Identifier: Apache-2.0
#include "watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

bool watch_open(struct watch *watch)
{
    static const int numbers[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT};
    sigset_t set;
    (void)sigemptyset(&set);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        (void)sigaddset(&set, numbers[i]);
    }
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0) {
        return false;
    }
    watch->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return watch->signals >= 0;
}

/* Takes the signals that have come; returns whether one of them asks this process to end. */
static bool asked_to_end(struct watch *watch)
{
    struct signalfd_siginfo signal;
    bool asked = false;
    while (read(watch->signals, &signal, sizeof signal) == (ssize_t)sizeof signal) {
        asked = asked || signal.ssi_signo != SIGCHLD;
    }
    return asked;
}

/* Reaps the children that have ended; returns whether the command is among them. What it left behind may end too. */
static bool has_ended(pid_t command, int *status)
{
    pid_t child;
    int its_status;
    while ((child = waitpid(-1, &its_status, WNOHANG)) > 0) {
        if (child == command) {
            *status = its_status;
            return true;
        }
    }
    return false;
}

static bool input_ended(short events)
{
    char ignored[64];
    if ((events & (POLLIN | POLLHUP | POLLERR | POLLNVAL)) == 0) {
        return false;
    }
    ssize_t count = read(STDIN_FILENO, ignored, sizeof ignored);
    return count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN);
}

bool watch_await(struct watch *watch, pid_t command, int *status)
{
    struct pollfd sources[] = {{.fd = watch->signals, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
    while (true) {
        (void)poll(sources, 2, -1);
        bool asked = asked_to_end(watch);
        if (has_ended(command, status)) {
            return true;
        }
        if (asked || input_ended(sources[1].revents)) {
            return false;
        }
        sources[1].revents = 0;
    }
}

void watch_pause(struct watch *watch, int millis)
{
    struct pollfd source = {.fd = watch->signals, .events = POLLIN};
    (void)poll(&source, 1, millis);
    (void)asked_to_end(watch);
}
