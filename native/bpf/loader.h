/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of mainstay-bpf share. */
#ifndef MAINSTAY_LOADER_H
#define MAINSTAY_LOADER_H

#include <stdbool.h>

enum { PATH = 256, LOG_OCTETS = 1 << 20 };

/* What libbpf, or the kernel by it, complained of last; one line. */
extern char last_warning[512];

/* For the verifier to write into; see verdict(). */
extern char verifier_log[LOG_OCTETS];

/* Ends the program with status 1 and this line. */
void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* Joins DIRECTORY/PART and NAME, in a buffer of PATH octets. */
const char *path_of(char *buffer, const char *directory, const char *part, const char *name);
bool exists(const char *path);
void need_directory(const char *path);

/* Removes everything below a directory of the bpf file system. */
void empty(const char *directory);

/* The command `attach`: has these interfaces run the program that is pinned in DIRECTORY, and no others. */
int attach(const char *directory, int count, char **interfaces);

/* Takes that program off all interfaces. */
void detach(const char *directory);

/* The command `features`: one line for each feature of the kernel that the data path needs, with yes or no. */
int features(void);

/* A name of at most 31 characters for the content of an object. */
void name_object(const char *object, char *name);

/* What the verifier said last before its statistics. */
const char *verdict(void);
const char *advice(int error);

/* The command `fastpath`: has these interfaces run the XDP program, and no others. One line for each tells what it runs. */
int fastpath(const char *object, const char *directory, int count, char **interfaces);

#endif
