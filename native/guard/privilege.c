// SPDX-License-Identifier: Apache-2.0
#include "privilege.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "log.h"

/* Returns 0 or an errno. */
static int take_real_time(int priority)
{
    struct sched_param parameter = {.sched_priority = priority};
    return sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &parameter) == 0 ? 0 : errno;
}

static int lock_memory(void)
{
    return mlockall(MCL_CURRENT | MCL_FUTURE) == 0 ? 0 : errno;
}

/*
 * Needs CAP_SYS_RESOURCE, which a hardened unit withholds (it can set OOMScoreAdjust instead), and a process of a few
 * megabytes is not what the OOM killer looks for: so a refusal is not worth a warning.
 */
static void evade_oom_killer(void)
{
    static const char score[] = "-1000";
    int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file >= 0) {
        ssize_t written = write(file, score, sizeof score - 1);
        (void)written;
        close(file);
    }
}

void privilege_take(int fifo_priority)
{
    char refused[256] = "";
    size_t length = 0;
    const struct {
        const char *what;
        int error;
    } wishes[] = {
        {"real-time priority", fifo_priority == 0 ? 0 : take_real_time(fifo_priority)},
        {"locked memory", lock_memory()},
    };
    evade_oom_killer();
    /* Without it an ordinary process sleeps up to 50 us too long. It cannot fail for this process. */
    (void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    for (size_t i = 0; i < sizeof wishes / sizeof wishes[0]; i++) {
        if (wishes[i].error != 0 && length < sizeof refused) {
            length += (size_t)snprintf(refused + length, sizeof refused - length, "%s%s (%s)", length == 0 ? "" : ", ",
                wishes[i].what, strerror(wishes[i].error));
        }
    }
    if (length > 0) {
        say("warning: running without %s", refused);
    }
}

void privilege_check_net_admin(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
    memset(sets, 0, sizeof sets);
    if (syscall(SYS_capget, &header, sets) == 0
        && (sets[CAP_TO_INDEX(CAP_NET_ADMIN)].effective & CAP_TO_MASK(CAP_NET_ADMIN)) == 0) {
        say("warning: cannot remove addresses for the daemon: CAP_NET_ADMIN is missing");
    }
}
