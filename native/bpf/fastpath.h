/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What the fast path keeps beside the maps that it shares. The loader writes `own_interfaces`. */
#ifndef MAINSTAY_FASTPATH_H
#define MAINSTAY_FASTPATH_H

#include "abi.h"

struct mac {
    __be16 part[3]; /* a frame is aligned to two octets everywhere */
};

/*
 * `own_interfaces`: those that run the fast path, each at the place that its number has modulo OWN_INTERFACES. Frames to this
 * address alone are taken, and none is sent to an interface that is not here.
 */
enum { OWN_INTERFACES = 1024 };

struct own_interface {
    __u32 index; /* 0: none */
    struct mac mac;
    __u16 zero;
};

/*
 * `neighbours`: what the kernel said of one, for as long as that is taken for granted. For each processor, at the place that
 * follows from the key; one that falls on another's place displaces it.
 */
enum { NEIGHBOURS_BITS = 10 };

struct neighbour {
    struct address address;
    __u32 interface; /* 0: none */
    struct mac destination;
    struct mac source;
    __u32 asked_until; /* tick from which the kernel is asked again */
    __u32 used_until;  /* tick from which a packet goes the usual way, so that the kernel makes sure that the neighbour is there */
};

_Static_assert(sizeof(struct own_interface) == 12, "own_interface");
_Static_assert(sizeof(struct neighbour) == 40, "neighbour");

#endif
