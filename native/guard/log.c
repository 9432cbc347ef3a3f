// SPDX-License-Identifier: Apache-2.0
#include "log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

/* Below PIPE_BUF, so that a pipe that polls as writable takes a whole line. */
enum { LINE_OCTETS = 512 };

void say(const char *format, ...)
{
    char line[LINE_OCTETS];
    size_t length = (size_t)snprintf(line, sizeof line, "mainstay-guard: ");
    va_list arguments;
    va_start(arguments, format);
    int wanted = vsnprintf(line + length, sizeof line - length, format, arguments);
    va_end(arguments);
    if (wanted < 0) {
        return;
    }
    length += (size_t)wanted;
    if (length > sizeof line - 2) {
        length = sizeof line - 2;
    }
    line[length++] = '\n';
    struct pollfd stderr_room = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&stderr_room, 1, 0) == 1 && (stderr_room.revents & POLLOUT) != 0) {
        ssize_t written = write(STDERR_FILENO, line, length);
        (void)written; /* there is nowhere else to report it */
    }
}
