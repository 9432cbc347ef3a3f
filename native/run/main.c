// SPDX-License-Identifier: Apache-2.0
/* mainstay-run: runs one command of the operator's so that all of it can be ended. See README.md. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "command.h"
#include "ending.h"
#include "watch.h"

enum { EXIT_USAGE = 2 };

int main(int count, char *arguments[])
{
    int first = count > 1 && strcmp(arguments[1], "--") == 0 ? 2 : 1;
    if (count <= first) {
        (void)fputs("usage: mainstay-run [--] command [argument ...]\n", stderr);
        return EXIT_USAGE;
    }
    struct watch watch;
    if (!watch_open(&watch)) {
        perror("mainstay-run: cannot wait for the command");
        return EXIT_CANNOT_RUN;
    }
    /* What the command leaves behind becomes a child of this process, so that it is found when all has to end. */
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL);
    pid_t command = command_start(&arguments[first]);
    if (command < 0) {
        perror("mainstay-run: cannot start a process");
        return EXIT_CANNOT_RUN;
    }
    int status = 0;
    if (watch_await(&watch, command, &status)) {
        return command_exit_status(status);
    }
    end_all(&watch, command);
    return EXIT_ENDED;
}
