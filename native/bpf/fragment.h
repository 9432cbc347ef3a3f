/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Fragments after the first carry no ports: the first one leaves word for them. */
#ifndef MAINSTAY_FRAGMENT_H
#define MAINSTAY_FRAGMENT_H

#include "maps.h"
#include "packet.h"

static __always_inline void fragment_key_of(const struct packet *packet, struct fragment_key *key)
{
    key->source = packet->tuple.source;
    key->destination = packet->tuple.destination;
    key->id = packet->fragment_id;
    key->protocol = packet->tuple.protocol;
    __builtin_memset(key->zero, 0, sizeof key->zero);
}

/*
 * Gives the packet the ports and the new identification of its datagram. False for a fragment that overtook its first, or
 * whose first was none of ours.
 */
static __noinline bool track_fragment(struct packet *packet)
{
    struct fragment_key key;
    fragment_key_of(packet, &key);
    struct fragment *known = bpf_map_lookup_elem(&fragments, &key);
    if (packet->fragment == LATER_FRAGMENT) {
        if (!known) {
            return false;
        }
        packet->tuple.source_port = known->source_port;
        packet->tuple.destination_port = known->destination_port;
        packet->fragment_new_id = known->id;
        return true;
    }
    struct fragment first = {
        .source_port = packet->tuple.source_port,
        .destination_port = packet->tuple.destination_port,
        .id = bpf_get_prandom_u32(),
    };
    if (known && known->source_port == first.source_port && known->destination_port == first.destination_port) {
        first.id = known->id; /* the network delivered it twice */
    }
    bpf_map_update_elem(&fragments, &key, &first, BPF_ANY);
    packet->fragment_new_id = first.id;
    return true;
}

#endif
