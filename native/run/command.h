// SPDX-License-Identifier: Apache-2.0
#ifndef MAINSTAY_RUN_COMMAND_H
#define MAINSTAY_RUN_COMMAND_H

#include <sys/types.h>

/* Exit statuses that are not the command's own, as those of a shell. */
enum { EXIT_CANNOT_RUN = 125, EXIT_CANNOT_EXECUTE = 126, EXIT_NOT_FOUND = 127, EXIT_ENDED = 137 };

/*
 * Starts the command as leader of a session of its own, with nothing on standard input, every signal as a new program expects
 * it, and ordinary scheduling. Returns its number, or -1 with errno.
 */
pid_t command_start(char *const command[]);

/* What a shell would make of the status that waitpid gave: that of the command, or 128 and the signal that ended it. */
int command_exit_status(int status);

#endif
