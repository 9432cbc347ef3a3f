/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What the fast path keeps beside the maps that it shares. The loader writes `own_interfaces`. */
#ifndef MAINSTAY_FASTPATH_H
#define MAINSTAY_FASTPATH_H

#include "abi.h"

struct mac {
    __be16 part[3]; /* a frame is aligned to two octets everywhere */
};

/* `own_interfaces`: by number, those that run the fast path. It takes frames to this address alone, and sends to no others. */
struct own_interface {
    struct mac mac;
    __u16 zero;
};

/* `neighbours`: what the kernel said of one, for as long as that is taken for granted. */
struct neighbour_key {
    struct address address;
    __u32 interface;
};

struct neighbour {
    struct mac destination;
    struct mac source;
    __u32 asked_until; /* tick from which the kernel is asked again */
    __u32 used_until;  /* tick from which a packet goes the usual way, so that the kernel makes sure that the neighbour is there */
};

_Static_assert(sizeof(struct own_interface) == 8, "own_interface");
_Static_assert(sizeof(struct neighbour_key) == 20, "neighbour_key");
_Static_assert(sizeof(struct neighbour) == 20, "neighbour");

#endif
