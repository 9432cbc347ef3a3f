/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Who may use a service: the longest prefix of its list decides. */
#ifndef MAINSTAY_ACCESS_H
#define MAINSTAY_ACCESS_H

#include "maps.h"
#include "packet.h"

enum { ACCESS_KEY_BITS = 8 * (sizeof(struct access_key) - sizeof(__u32)) };

/* Whoever is in a list that holds all of a family too, is in it; without a list everybody may come. */
static __noinline bool access_allows(__u32 door, const struct address *client)
{
    void *list = bpf_map_lookup_elem(&access_lists, &door);
    if (!list) {
        return true;
    }
    struct access_key key = {
        .prefix = ACCESS_KEY_BITS,
        .family = bpf_htonl(is_ipv4(client) ? 4 : 6),
        .address = *client,
    };
    __u32 *verdict = bpf_map_lookup_elem(list, &key);
    return verdict && *verdict == ACCESS_ALLOWED;
}

#endif
