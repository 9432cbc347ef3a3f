// SPDX-License-Identifier: Apache-2.0
#include "ending.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 200, ROUND_MILLIS = 10 };

/* Reaps what has ended; returns whether there are children left. */
static bool any_left(void)
{
    pid_t child;
    do {
        child = waitpid(-1, NULL, WNOHANG);
    } while (child > 0);
    return child == 0;
}

/* This process has one thread, so the children of that thread are all its children. */
static void kill_children(void)
{
    char path[64];
    int child;
    (void)snprintf(path, sizeof path, "/proc/self/task/%ld/children", (long)getpid());
    FILE *list = fopen(path, "re");
    if (list == NULL) {
        return; /* a kernel without that list: the process group was killed, more cannot be found */
    }
    while (fscanf(list, "%d", &child) == 1) {
        (void)kill((pid_t)child, SIGKILL);
    }
    (void)fclose(list);
}

void end_all(struct watch *watch, pid_t command)
{
    /* No process can have taken over the number, as the command is reaped below at the earliest. */
    (void)kill(-command, SIGKILL);
    (void)kill(command, SIGKILL); /* it may not have come to lead a group yet */
    for (int round = 0; round < ROUNDS && any_left(); round++) {
        /* Children of a killed process become children of this one, so each round finds the next generation. */
        kill_children();
        watch_pause(watch, ROUND_MILLIS);
    }
}
