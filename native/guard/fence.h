// SPDX-License-Identifier: Apache-2.0
/* Takes addresses off interfaces, sets those of virtual MAC addresses down, and tells the peers, through sockets that were opened before they are needed. */
#ifndef MAINSTAY_GUARD_FENCE_H
#define MAINSTAY_GUARD_FENCE_H

#include "page.h"

struct fence {
    int route;    /* rtnetlink */
    int raw_ipv4; /* IP_HDRINCL; -1 if it could not be opened */
    int raw_ipv6;
    uint32_t sequence;
};

/* What a fence did. An address that was gone already counts as removed, a link as down. */
struct fence_result {
    uint32_t addresses;
    uint32_t addresses_removed;
    uint32_t links;
    uint32_t links_down;
    uint32_t datagrams;
    uint32_t datagrams_sent;
    int remove_error; /* errno of the last failure, 0 for none */
    int link_error;
    int send_error;
};

/* Opens the sockets; one that cannot be opened is named in a warning, and the fence does what it can without it. */
void fence_open(struct fence *fence);

/* Sends the datagram of a record out of its interface. Returns 0 or an errno. */
int fence_send(const struct fence *fence, const struct record *record);

/* Carries out the records in their order: takes off addresses, sets links down and, if resign, sends the datagrams. */
struct fence_result fence_apply(struct fence *fence, const struct held *held, bool resign);

/* Sends the datagrams once more. */
void fence_resign_again(struct fence *fence, const struct held *held);

#endif
