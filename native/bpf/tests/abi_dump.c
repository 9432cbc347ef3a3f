// SPDX-License-Identifier: Apache-2.0
/* Prints where everything of abi.h stands, one `name value` a line, for the test that compares it with the daemon's. */
#include <stddef.h>
#include <stdio.h>

#include "abi.h"

#define SIZE(type) printf("%s %zu\n", #type, sizeof(struct type))
#define AT(type, member) printf("%s.%s %zu\n", #type, #member, offsetof(struct type, member))
#define VALUE(name) printf("%s %d\n", #name, name)

int main(void)
{
    SIZE(tuple), AT(tuple, source), AT(tuple, destination), AT(tuple, source_port), AT(tuple, destination_port);
    AT(tuple, protocol);
    SIZE(settings), AT(settings, secret), AT(settings, flags), AT(settings, embryo_ticks), AT(settings, udp_ticks);
    AT(settings, hop_ticks);
    SIZE(clock), AT(clock, ticks), AT(clock, nanoseconds);
    SIZE(role), AT(role, flags), AT(role, gate), AT(role, first_port), AT(role, ports);
    SIZE(service_key), AT(service_key, address), AT(service_key, port), AT(service_key, protocol);
    SIZE(service), AT(service, id), AT(service, flags), AT(service, mode), AT(service, table_first);
    AT(service, table_size), AT(service, sources_first), AT(service, sources_count), AT(service, door);
    SIZE(source), AT(source, address), AT(source, first_port), AT(source, ports);
    SIZE(backend), AT(backend, address), AT(backend, port), AT(backend, state), AT(backend, id);
    AT(backend, limit);
    SIZE(owner), AT(owner, name);
    SIZE(flow), AT(flow, source), AT(flow, destination), AT(flow, source_port), AT(flow, destination_port);
    AT(flow, backend), AT(flow, backend_id), AT(flow, state), AT(flow, seen), AT(flow, acknowledged), AT(flow, gate);
    AT(flow, mode), AT(flow, to_client), AT(flow, door), AT(flow, client_bits);
    AT(flow, hop_mtu), AT(flow, hop_interface), AT(flow, hop_gateway), AT(flow, asked);
    SIZE(latency), AT(latency, first_byte), VALUE(LATENCY_BUCKETS);
    SIZE(traffic), AT(traffic, packets_in), AT(traffic, octets_in), AT(traffic, packets_out), AT(traffic, octets_out);
    AT(traffic, flows_new), AT(traffic, flows_opened), AT(traffic, flows_closed);
    SIZE(door), AT(door, owner), AT(door, interval), AT(door, interval_per_client), AT(door, flows);
    AT(door, flows_per_client), AT(door, ipv4_bits), AT(door, ipv6_bits);
    SIZE(door_state), AT(door_state, live), SIZE(client_group), SIZE(client_count), SIZE(refusal_counts);
    SIZE(access_key), AT(access_key, prefix), AT(access_key, family), AT(access_key, address);
    SIZE(order), AT(order, action), AT(order, door), AT(order, flow), AT(order, group);
    SIZE(former), AT(former, interface);
    SIZE(detour), AT(detour, until), AT(detour, interface), AT(detour, credit);
    VALUE(ORDER_FORGET), VALUE(ORDER_COUNT), VALUE(ORDER_UNCOUNT), VALUE(ORDER_SWEEP);
    VALUE(ACCESS_ALLOWED), VALUE(ACCESS_DENIED), VALUE(SERVICE_JUDGED), VALUE(FLOW_COUNTED);
    VALUE(REFUSED_DENIED), VALUE(REFUSED_SERVICE_FULL), VALUE(REFUSED_SOURCE_FULL), VALUE(REFUSED_SERVICE_TOO_FAST);
    VALUE(REFUSED_SOURCE_TOO_FAST), VALUE(REFUSED_NO_BACKEND), VALUE(REFUSED_BACKENDS_FULL), VALUE(REFUSED_NO_RESOURCES);
    VALUE(REFUSALS);
    VALUE(MODE_FULL_NAT), VALUE(MODE_NAT), VALUE(MODE_DSR), VALUE(SETTINGS_NAT), VALUE(ROLE_OURS), VALUE(ROLE_BACKEND);
    VALUE(GATE_SHUT), VALUE(GATE_OPEN), VALUE(GATE_TICK_SHIFT), VALUE(FILTER_BITS), VALUE(SERVICE_PERSIST_SOURCE);
    VALUE(VIRTUAL_MACS);
    VALUE(BACKEND_ABSENT), VALUE(BACKEND_READY), VALUE(BACKEND_DRAINING), VALUE(BACKEND_UNHEALTHY), VALUE(BACKEND_DOWN);
    VALUE(FLOW_BACKEND_SPOKE), VALUE(FLOW_CLIENT_FIN), VALUE(FLOW_BACKEND_FIN), VALUE(FLOW_RESET), VALUE(FLOW_LIVE);
    VALUE(FLOW_ENDED), VALUE(FLOW_ADOPTED), VALUE(FLOW_PROBED), VALUE(EVENTS), VALUE(FLOW_DATA);
    /* ::ffff:198.18.0.100, to see that both find the same bit. */
    struct address address = {{0, 0, __builtin_bswap32(0xffff), __builtin_bswap32(0xc6120064)}};
    printf("filter_bit %u\n", filter_bit(&address));
    return 0;
}
