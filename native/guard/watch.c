// SPDX-License-Identifier: Apache-2.0
#include "watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "log.h"

/*
 * Pauses before the second and the third copy of a resignation. They are short: a copy that arrives when another node
 * is already Active costs only an immediate advertisement there, but it starts the skew timer of every other Backup.
 */
static const int64_t RESIGN_PAUSES[] = {1000000, 4000000};

/* Too large for a stack, and not to be allocated in an emergency. */
static struct held held;

static double millis(int64_t nanos)
{
    return (double)nanos / 1e6;
}

static void pause_for(int64_t nanos)
{
    struct timespec left = {.tv_sec = (time_t)(nanos / 1000000000), .tv_nsec = (long)(nanos % 1000000000)};
    while (nanosleep(&left, &left) < 0 && errno == EINTR) {
    }
}

static void report(const char *why, enum page_state state, const struct fence_result *result, int64_t took)
{
    if (state == PAGE_DAMAGED) {
        say("the list of held addresses is damaged; fencing with the %u records before the damage", held.count);
    } else if (state == PAGE_BUSY) {
        say("the list of held addresses could not be read: the daemon keeps changing it");
    }
    say("fenced: %s; removed %u of %u addresses and sent %u of %u resignations in %.2f ms", why,
        result->addresses_removed, result->addresses, result->datagrams_sent, result->datagrams, millis(took));
    if (result->links > 0) {
        say("set %u of %u interfaces down", result->links_down, result->links);
    }
    if (result->remove_error != 0) {
        say("removing an address: %s", strerror(result->remove_error));
    }
    if (result->link_error != 0) {
        say("setting an interface down: %s", strerror(result->link_error));
    }
    if (result->send_error != 0) {
        say("sending a resignation: %s", strerror(result->send_error));
    }
}

/* Acts first, then speaks. The lease must have been taken from the daemon, so that it stays quiet from now on. */
static void fence(struct watch *watch, const char *why)
{
    int64_t started = instant_now().monotonic;
    enum page_state state = page_read(watch->page, &held);
    struct fence_result result = fence_apply(&watch->fence, &held, true);
    int64_t took = instant_now().monotonic - started;
    report(why, state, &result, took);
    for (size_t i = 0; i < sizeof RESIGN_PAUSES / sizeof RESIGN_PAUSES[0] && result.datagrams > 0; i++) {
        pause_for(RESIGN_PAUSES[i]);
        if (!lease_is_fenced(watch->page)) {
            return; /* the daemon is back, and may be Active again */
        }
        fence_resign_again(&watch->fence, &held);
    }
}

static void fence_late_daemon(struct watch *watch, const struct lease_verdict *verdict)
{
    char why[160];
    switch (verdict->reason) {
    case FENCE_STALL:
        (void)snprintf(why, sizeof why, "the daemon missed its deadline by %.1f ms, and the guard woke %.1f ms late",
            millis(verdict->late_by), millis(verdict->guard_late_by));
        break;
    case FENCE_SUSPEND:
        (void)snprintf(why, sizeof why, "the machine was suspended for %.1f ms", millis(verdict->suspended_for));
        break;
    case FENCE_DEADLINE:
    case FENCE_EXIT:
    case FENCE_STOPPED:
        (void)snprintf(why, sizeof why, "the daemon missed its deadline by %.1f ms", millis(verdict->late_by));
        break;
    }
    fence(watch, why);
}

static void kill_unless_back(struct watch *watch, int64_t now)
{
    int64_t fenced_for = now - atomic_load(&watch->page->fenced_at);
    if (watch->kill_after == 0 || watch->kill_sent || fenced_for < watch->kill_after) {
        return;
    }
    watch->kill_sent = true;
    say("the daemon has not come back for %.1f ms: killing it", millis(fenced_for));
    (void)kill(watch->child, SIGKILL);
}

static void forget_speaker(struct watch *watch)
{
    if (watch->speaker_end >= 0) {
        close(watch->speaker_end);
        watch->speaker_end = -1;
    }
}

static void watch_speaker(struct watch *watch)
{
    pid_t speaker = (pid_t)atomic_load(&watch->page->speaker);
    if (speaker != watch->speaker) {
        forget_speaker(watch);
        watch->speaker = speaker;
        watch->speaker_end = child_thread(watch->child, speaker);
    }
}

static void watch_lease(struct watch *watch)
{
    struct instant now = instant_now();
    struct lease_verdict verdict = lease_look(watch->page, &watch->lease, now);
    if (verdict.state == LEASE_IS_MISSED) {
        fence_late_daemon(watch, &verdict);
    } else if (verdict.state == LEASE_IS_FENCED) {
        kill_unless_back(watch, now.monotonic);
    } else if (verdict.state == LEASE_IS_KEPT) {
        int64_t next = stand_in(&watch->stand_in, watch->page, &watch->fence, now.monotonic);
        if (next < watch->lease.planned) {
            watch->lease.planned = next;
        }
    }
}

/*
 * Called when the thread that renews the lease has ended, and again when all of the daemon has: until then another
 * thread may still have been about to add an address. A daemon that left in order holds nothing, and nothing is done.
 */
static void daemon_ended(struct watch *watch, const char *why)
{
    if (lease_is_fenced(watch->page)) {
        (void)page_read(watch->page, &held);
        (void)fence_apply(&watch->fence, &held, false);
        return;
    }
    if (page_read(watch->page, &held) == PAGE_COMPLETE && held.count == 0) {
        return;
    }
    watch->fenced_at_exit = true;
    lease_take(watch->page, FENCE_EXIT, instant_now(), 0);
    fence(watch, why);
}

/* A stopped daemon cannot serve, however long its lease still runs; so the peers need not wait for the end of it. */
static void daemon_stopped(struct watch *watch)
{
    int64_t lease = atomic_load(&watch->page->lease);
    if (lease == LEASE_DISARMED || lease == LEASE_FENCED) {
        return;
    }
    lease_take(watch->page, FENCE_STOPPED, instant_now(), 0);
    fence(watch, "the daemon was stopped by a signal");
}

static int status_of(const struct watch *watch, int wait_status)
{
    if (WIFSIGNALED(wait_status)) {
        int number = WTERMSIG(wait_status);
        say("the daemon was killed by signal %d (%s)", number, strsignal(number));
        return 128 + number;
    }
    int status = WEXITSTATUS(wait_status);
    return status == 0 && watch->fenced_at_exit ? EXIT_FENCED : status;
}

/* Forwards what was sent to the guard. True once the daemon has been reaped, with its status in *wait_status. */
static bool take_signals(struct watch *watch, int *wait_status)
{
    struct signalfd_siginfo received;
    while (read(watch->signals, &received, sizeof received) == (ssize_t)sizeof received) {
        if (received.ssi_signo != SIGCHLD) {
            (void)kill(watch->child, (int)received.ssi_signo);
        } else if (waitpid(watch->child, wait_status, WNOHANG | WUNTRACED) == watch->child) {
            if (!WIFSTOPPED(*wait_status)) {
                return true;
            }
            daemon_stopped(watch);
        }
    }
    return false;
}

/* By a timer set to a point in time: a poll with a timeout would sleep on after the guard itself was stopped. */
static void wait_until_planned(const struct watch *watch, struct pollfd *descriptors, nfds_t count)
{
    int64_t planned = watch->lease.planned;
    struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(planned / 1000000000), .tv_nsec = (long)(planned % 1000000000)},
    };
    if (timerfd_settime(watch->timer, TFD_TIMER_ABSTIME, &when, NULL) < 0 || poll(descriptors, count, -1) < 0) {
        for (nfds_t i = 0; i < count; i++) {
            descriptors[i].revents = 0;
        }
    }
}

int watch_daemon(struct watch *watch)
{
    lease_start(&watch->lease, instant_now());
    for (;;) {
        int wait_status;
        struct pollfd ready[] = {
            {.fd = watch->signals, .events = POLLIN},
            {.fd = watch->speaker_end, .events = POLLIN},
            {.fd = watch->timer, .events = POLLIN},
        };
        wait_until_planned(watch, ready, sizeof ready / sizeof ready[0]);
        if (ready[1].revents != 0) {
            daemon_ended(watch, "the daemon's election thread ended while it held addresses");
            forget_speaker(watch);
        }
        if (ready[0].revents != 0 && take_signals(watch, &wait_status)) {
            daemon_ended(watch, "the daemon ended while it held addresses");
            return status_of(watch, wait_status);
        }
        watch_lease(watch);
        watch_speaker(watch);
    }
}
