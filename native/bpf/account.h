/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What the daemon does to flows that are counted. It cannot add to a value of a map that packets add to as well, nor tell
 * whether a flow that it removes has ended meanwhile and is counted out; so it has the program do it.
 */
#ifndef MAINSTAY_ACCOUNT_H
#define MAINSTAY_ACCOUNT_H

#include "flow.h"
#include "limit.h"

static __always_inline void count_anew(const struct tuple *key, struct flow *client, __u32 door)
{
    if (client->door != door) {
        count_out(key, client);
        client->door = door;
    }
    count_in(key, client, false);
    if (flow_closing(client)) {
        count_out(key, client); /* it ended at this moment */
    }
}

/* Between the two steps nobody is counted in the entry: see add_of_client(). */
static __always_inline void sweep(const struct client_group *group)
{
    struct client_count *counted = bpf_map_lookup_elem(&client_counts, group);
    if (counted && __sync_val_compare_and_swap(&counted->live, 0, CLIENT_LEAVING) == 0) {
        bpf_map_delete_elem(&client_counts, group);
    }
}

static __noinline void carry_out(const struct order *order)
{
    if (order->action == ORDER_SWEEP) {
        sweep(&order->group);
        return;
    }
    struct flow *client = bpf_map_lookup_elem(&flows, &order->flow);
    if (!client || client->to_client) {
        return;
    }
    if (order->action == ORDER_FORGET) {
        forget_flow(&order->flow, client);
    } else if (order->action == ORDER_UNCOUNT) {
        count_out(&order->flow, client);
    } else if (order->action == ORDER_COUNT && !flow_closing(client)) {
        count_anew(&order->flow, client, order->door);
    }
}

#endif
