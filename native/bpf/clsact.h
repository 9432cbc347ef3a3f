/* SPDX-License-Identifier: Apache-2.0 */
/* The clsact queueing discipline of an interface, which filters on ingress need: who made it, and who takes it away. */
#ifndef MAINSTAY_CLSACT_H
#define MAINSTAY_CLSACT_H

#include <stdbool.h>

#include <bpf/libbpf.h>

struct bpf_tc_hook clsact_hook(unsigned index);

/*
 * Sees to it that the interface has one. One that is made here is marked below DIRECTORY as ours; so is one that another
 * directory beside it has marked, since the kernel engine and the detour share it. Returns 0 or a negated errno.
 *
 * present: whether our filter is there already, so that it is known whose it is
 */
int clsact_need(const char *directory, unsigned index, bool present);

/* Our filter is off, or never came to be: takes away what is marked as ours, if nobody has a filter on it, on ingress or egress. */
void clsact_release(const char *directory, unsigned index);

#endif
