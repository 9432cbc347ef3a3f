// SPDX-License-Identifier: Apache-2.0
/* mainstay-guard: starts the daemon, watches it, and gives its addresses up for it when it cannot. See README.md. */
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "child.h"
#include "log.h"
#include "privilege.h"
#include "watch.h"

enum { EXIT_USAGE = 2, DEFAULT_PRIORITY = 60 };

static const char USAGE[] =
    "usage: mainstay-guard [options] [--] command [argument ...]\n"
    "  --priority N      real-time priority, 1 to 99, above that of the daemon; 0: none (default 60)\n"
    "  --kill-after TIME kill a daemon that stays frozen this long after it was fenced: 500ms, 30s, 1m;\n"
    "                    0s: never (default)\n"
    "  --features        print which features of the kernel are there that it can do without\n"
    "  --help            print this\n";

struct options {
    int priority;
    int64_t kill_after;
    char *const *command;
};

/* Reads digits only, at most limit; false for anything else. *end is set behind them. */
static bool parse_number(const char *text, int64_t limit, int64_t *number, const char **end)
{
    int64_t value = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++) {
        value = value * 10 + (*at - '0');
        if (value > limit) {
            return false;
        }
    }
    *number = value;
    *end = at;
    return at != text;
}

static bool parse_priority(const char *text, int *priority)
{
    int64_t number;
    const char *end;
    if (!parse_number(text, sched_get_priority_max(SCHED_FIFO), &number, &end) || *end != '\0') {
        return false;
    }
    *priority = (int)number;
    return true;
}

static bool parse_duration(const char *text, int64_t *nanos)
{
    static const struct {
        const char *unit;
        int64_t nanos;
    } units[] = {{"ms", 1000000}, {"s", 1000000000}, {"m", 60000000000}};
    int64_t number;
    const char *end;
    if (!parse_number(text, 86400000, &number, &end)) {
        return false;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(end, units[i].unit) == 0) {
            *nanos = number * units[i].nanos;
            return true;
        }
    }
    return false;
}

static _Noreturn void refuse(void)
{
    (void)fputs(USAGE, stderr);
    exit(EXIT_USAGE);
}

static struct options parse_options(int count, char *arguments[])
{
    static const struct option known[] = {
        {"priority", required_argument, NULL, 'p'},
        {"kill-after", required_argument, NULL, 'k'},
        {"features", no_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    static char name[] = "mainstay-guard"; /* getopt starts its messages with it */
    struct options options = {.priority = DEFAULT_PRIORITY};
    int option;
    arguments[0] = name;
    while ((option = getopt_long(count, arguments, "+", known, NULL)) != -1) {
        if (option == 'p' && !parse_priority(optarg, &options.priority)) {
            say("--priority: %s (expected: 0..99)", optarg);
            exit(EXIT_USAGE);
        } else if (option == 'k' && !parse_duration(optarg, &options.kill_after)) {
            say("--kill-after: %s (expected: a duration such as 500ms, 30s or 1m)", optarg);
            exit(EXIT_USAGE);
        } else if (option == 'f') {
            (void)printf("descriptors of threads: %s\n", child_thread_can_be_watched() ? "yes" : "no");
            exit(EXIT_SUCCESS);
        } else if (option == 'h') {
            (void)fputs(USAGE, stdout);
            exit(EXIT_SUCCESS);
        } else if (option == '?') {
            refuse();
        }
    }
    options.command = &arguments[optind];
    if (options.command[0] == NULL) {
        say("no command (expected: the daemon to start)");
        refuse();
    }
    return options;
}

static _Noreturn void give_up(const char *what)
{
    say("%s: %s", what, strerror(errno));
    exit(EXIT_CANNOT_GUARD);
}

/* Blocks what the guard takes by signalfd; *before is the mask that the command is to start with. */
static int take_signals_by_descriptor(sigset_t *before)
{
    static const int taken[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT};
    struct sigaction by_default = {.sa_handler = SIG_DFL};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        sigaddset(&set, taken[i]);
    }
    /* A parent that ignores SIGCHLD passes that on, and then the exit status of a child is lost. */
    if (sigaction(SIGCHLD, &by_default, NULL) < 0 || sigprocmask(SIG_BLOCK, &set, before) < 0) {
        return -1;
    }
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int main(int count, char *arguments[])
{
    static struct watch watch;
    struct options options = parse_options(count, arguments);
    sigset_t mask;

    int page_descriptor = page_create();
    if (page_descriptor < 0 || (watch.page = page_map(page_descriptor)) == NULL) {
        give_up("cannot make the page to share with the daemon");
    }
    watch.signals = take_signals_by_descriptor(&mask);
    if (watch.signals < 0) {
        give_up("cannot take signals");
    }
    watch.timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (watch.timer < 0) {
        give_up("cannot make a timer");
    }
    privilege_check_net_admin();
    fence_open(&watch.fence);
    watch.kill_after = options.kill_after;
    watch.child = child_start(options.command, page_descriptor, &mask);
    if (watch.child < 0) {
        give_up("cannot start the daemon");
    }
    watch.speaker_end = -1;
    close(page_descriptor);
    privilege_take(options.priority);
    return watch_daemon(&watch);
}
