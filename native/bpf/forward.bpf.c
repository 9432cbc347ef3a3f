/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The data path: one program on the tc ingress hook of each interface on which clients or backends are. What it does not
 * forward goes on to the stack as if it were not there. The README draws the way of a packet.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

#include "account.h"
#include "answer.h"
#include "flow.h"
#include "fragment.h"
#include "hop.h"
#include "icmp.h"
#include "latency.h"
#include "maps.h"
#include "packet.h"
#include "passage.h"
#include "seek.h"
#include "toobig.h"
#include "translate.h"

static __always_inline bool is_first_of_flow(const struct packet *packet)
{
    return packet->fragment != LATER_FRAGMENT
        && (packet->tuple.protocol == IPPROTO_UDP || (packet->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN);
}

/* Ticks since either direction was heard. */
static __always_inline __u32 silence(const struct flow *flow, const struct tuple *key, __u32 now)
{
    struct tuple other_key;
    __u32 mine = now - flow->seen;
    other_direction(flow, key, &other_key);
    struct flow *other = find_flow(&other_key);
    if (!other) {
        return mine;
    }
    __u32 others = now - other->seen;
    return others < mine ? others : mine;
}

/* Whether this packet of a client begins a flow of its own on the entry of an old one. */
static __always_inline bool starts_anew(const struct packet *packet, const struct flow *flow, const struct backend *backend,
    bool embryo, __u32 now)
{
    __u32 zero = 0;
    if (flow->to_client || !is_first_of_flow(packet)) {
        return false;
    }
    struct settings *with = bpf_map_lookup_elem(&settings, &zero);
    if (!with) {
        return false;
    }
    if (packet->tuple.protocol == IPPROTO_UDP) {
        return now - flow->seen > with->udp_ticks && silence(flow, &packet->tuple, now) > with->udp_ticks;
    }
    /* A SYN on a live flow is a stray or an attack: the backend knows how to answer (RFC 5961 section 4). */
    return flow_closing(flow) || backend->state != BACKEND_READY
        || (embryo && now - flow->seen > with->embryo_ticks)
        /* As nobody has answered, it was no connection: it must not spare this one the judgement. */
        || (embryo && flow->door && (flow->state & FLOW_ADOPTED));
}

/* A reset far from what the receiver expects may be forged: it is passed on for the receiver to judge, and not believed. */
static __always_inline bool reset_is_plausible(const struct packet *packet, const struct flow *other)
{
    return other->acknowledged == 0 || packet->sequence - other->acknowledged < 1 << 24;
}

/* State that both directions share: the ends of TCP, and the first answer. False for a segment of a flow that is turned away. */
static __noinline bool track(const struct packet *packet, struct flow *flow)
{
    struct tuple other_key;
    struct flow *other = 0;
    if (flow->mode != MODE_DSR) {
        other_direction(flow, &packet->tuple, &other_key);
        other = find_flow(&other_key);
    }
    struct flow *client = flow->to_client ? other : flow;
    if (!client) {
        return true;
    }
    const struct tuple *client_key = flow->to_client ? &other_key : &packet->tuple;
    if (packet->tuple.protocol == IPPROTO_TCP) {
        if ((client->state & FLOW_REFUSED) && !(packet->tcp_flags & TCP_RST)) {
            return false;
        }
        if ((packet->tcp_flags & TCP_RST) && (!other || reset_is_plausible(packet, other))) {
            mark(client_key, client, FLOW_RESET);
        } else if (packet->tcp_flags & TCP_FIN) {
            mark(client_key, client, flow->to_client ? FLOW_BACKEND_FIN : FLOW_CLIENT_FIN);
        }
        if (flow->mode == MODE_DSR && (packet->tcp_flags & (TCP_FIN | TCP_RST))) {
            mark(client_key, client, FLOW_RESET); /* what the backend says is not seen here */
        }
        if (packet->tcp_flags & TCP_RST) {
            return true;
        }
    }
    if (client->state & FLOW_LIVE) {
        return true;
    }
    /* A SYN that is answered by a SYN may still be forged; whoever acknowledges, or is acknowledged, is there. */
    bool speaks = packet->tuple.protocol == IPPROTO_UDP || !(packet->tcp_flags & TCP_SYN);
    bool proven = speaks;
    if (flow->to_client) {
        if (!speaks) {
            client->acknowledged = packet->sequence + 1;
            if (!(client->state & FLOW_BACKEND_SPOKE)) {
                measure(client, false);
            }
            mark(client_key, client, FLOW_BACKEND_SPOKE);
        }
    } else if (flow->mode != MODE_DSR) {
        proven = speaks && (client->state & FLOW_BACKEND_SPOKE) && packet->acknowledgement - client->acknowledged < 1 << 16;
    }
    if (!proven || promote_flow(client_key, client)) {
        return true;
    }
    if (packet->tuple.protocol == IPPROTO_TCP) {
        mark(client_key, client, FLOW_REFUSED | FLOW_RESET); /* both ends are told as they speak */
    }
    return false;
}

/* Whether the packet fits through the interface: for GSO each of the segments that it will become. */
static __always_inline bool fits(struct __sk_buff *skb, const struct packet *packet, const struct flow *flow)
{
    __u32 length = packet->length;
    if (skb->gso_size) {
        length = packet->transport - NETWORK + packet->transport_octets + skb->gso_size;
    }
    return flow->hop_mtu == 0 || length <= flow->hop_mtu;
}

/* The first data of one direction of a flow. What a backend says before it is asked is no answer, and nothing after it is. */
static __noinline void note_data(const struct packet *packet, struct flow *flow)
{
    struct tuple client_key;
    if (!has_data(packet)) {
        return;
    }
    __sync_fetch_and_or(&flow->state, FLOW_DATA);
    if (!flow->to_client) {
        flow->asked = microseconds();
        return;
    }
    other_direction(flow, &packet->tuple, &client_key);
    struct flow *client = find_flow(&client_key);
    if (client && (client->state & FLOW_DATA)) {
        measure(client, true);
    }
}

/* Sends a packet of a flow on its way. */
static __always_inline int forward(struct __sk_buff *skb, struct packet *packet, struct flow *flow,
    const struct backend *backend, __u32 now, __u32 fragment_id)
{
    if (packet->hop_limit <= 1) {
        count(EVENT_DROP_HOP_LIMIT);
        return TC_ACT_SHOT;
    }
    if (!find_hop(skb, flow, flow->mode == MODE_DSR ? &backend->address : &flow->destination, now)) {
        count(EVENT_DROP_NO_ROUTE);
        return TC_ACT_SHOT;
    }
    if (!fits(skb, packet, flow)) {
        return answer_too_big(skb, packet, flow);
    }
    note_passage(packet, flow, now);
    if (!(flow->state & FLOW_DATA)) {
        note_data(packet, flow);
    }
    bool done = flow->mode == MODE_DSR ? spend_hop(skb, packet) : translate(skb, packet, flow, fragment_id);
    if (!done) {
        count(EVENT_DROP_KERNEL);
        return TC_ACT_SHOT;
    }
    skb->tstamp = 0; /* the time of arrival, which qdisc fq would take for the time to leave */
    return leave(flow);
}

/*
 * A connection that ends on this host: of the proxy engine, which had the service before, or has it for what this program
 * hands up. A listening socket does not count.
 */
static __noinline bool is_connection_of_host(struct __sk_buff *skb, const struct packet *packet)
{
    struct bpf_sock_tuple tuple;
    __u32 octets;
    __builtin_memset(&tuple, 0, sizeof tuple);
    if (packet->ipv6) {
        octets = sizeof tuple.ipv6;
        __builtin_memcpy(tuple.ipv6.saddr, &packet->tuple.source, sizeof tuple.ipv6.saddr);
        __builtin_memcpy(tuple.ipv6.daddr, &packet->tuple.destination, sizeof tuple.ipv6.daddr);
        tuple.ipv6.sport = packet->tuple.source_port;
        tuple.ipv6.dport = packet->tuple.destination_port;
    } else {
        octets = sizeof tuple.ipv4;
        tuple.ipv4.saddr = packet->tuple.source.word[3];
        tuple.ipv4.daddr = packet->tuple.destination.word[3];
        tuple.ipv4.sport = packet->tuple.source_port;
        tuple.ipv4.dport = packet->tuple.destination_port;
    }
    struct bpf_sock *socket = bpf_skc_lookup_tcp(skb, &tuple, octets, BPF_F_CURRENT_NETNS, 0);
    if (!socket) {
        return false;
    }
    bool connected = socket->state != BPF_TCP_LISTEN;
    bpf_sk_release(socket);
    return connected;
}

static __always_inline const struct service *find_service(const struct packet *packet)
{
    struct service_key key = {
        .address = packet->tuple.destination,
        .port = packet->tuple.destination_port,
        .protocol = packet->tuple.protocol,
    };
    return bpf_map_lookup_elem(&services, &key);
}

/* Answers TCP by a reset, so that the client does not wait in vain. The reason has been counted. */
static __always_inline int refuse(struct __sk_buff *skb, const struct packet *packet)
{
    return packet->tuple.protocol == IPPROTO_TCP ? reset_sender(skb, packet) : TC_ACT_SHOT;
}

/* A packet of a service of which no flow is known, or that replaces one. */
static __noinline int forward_new(struct __sk_buff *skb, struct packet *packet, __u32 gate, __u32 now, __u32 fragment_id)
{
    const struct service *service = find_service(packet);
    if (!service || packet->fragment == LATER_FRAGMENT) {
        return TC_ACT_OK;
    }
    if (packet->tuple.protocol == IPPROTO_TCP && !is_first_of_flow(packet)
        && ((packet->tcp_flags & TCP_SYN) || is_connection_of_host(skb, packet))) {
        return TC_ACT_OK;
    }
    struct flow *flow = open_flow(packet, service, gate);
    if (!flow) {
        return refuse(skb, packet);
    }
    __u32 slot = flow->backend;
    struct backend *backend = bpf_map_lookup_elem(&backends, &slot);
    if (!backend) {
        return TC_ACT_SHOT;
    }
    return forward(skb, packet, flow, backend, now, fragment_id);
}

static __always_inline int forward_known(struct __sk_buff *skb, struct packet *packet, struct flow *flow, bool embryo,
    __u32 now, __u32 fragment_id)
{
    __u32 slot = flow->backend;
    struct backend *backend = bpf_map_lookup_elem(&backends, &slot);
    if (!backend) {
        return TC_ACT_SHOT;
    }
    if (!gate_is_open(flow->gate)) {
        return TC_ACT_OK;
    }
    bool lost = backend->id != flow->backend_id || backend->state == BACKEND_DOWN || backend->state == BACKEND_ABSENT;
    if ((lost && !flow->to_client && is_first_of_flow(packet)) || starts_anew(packet, flow, backend, embryo, now)) {
        __u32 gate = flow->gate;
        packet->admitted = lost && packet->tuple.protocol == IPPROTO_UDP && (flow->state & FLOW_COUNTED);
        forget_flow(&packet->tuple, flow);
        count(EVENT_FLOW_REPICKED);
        return forward_new(skb, packet, gate, now, fragment_id);
    }
    if (lost) {
        if (!flow->to_client) {
            mark(&packet->tuple, flow, FLOW_RESET);
        }
        count(EVENT_DROP_BACKEND_DOWN);
        return refuse(skb, packet);
    }
    if (embryo && flow->to_client && packet->tuple.protocol == IPPROTO_TCP) {
        int sought = seek_source(skb, packet, flow, now);
        if (sought != NOT_SOUGHT) {
            return sought;
        }
    }
    if ((embryo || (packet->tcp_flags & (TCP_FIN | TCP_RST))) && !track(packet, flow)) {
        return refuse(skb, packet);
    }
    if (embryo) {
        flow = find_flow(&packet->tuple); /* it may have moved to the other table */
        if (!flow) {
            return TC_ACT_SHOT;
        }
    }
    return forward(skb, packet, flow, backend, now, fragment_id);
}

/* Whether the service would have its client go to the backend that sent this packet. */
static __noinline bool is_choice(const struct service *service, const struct packet *packet, const struct service_key *front)
{
    __u32 zero = 0;
    struct settings *with = bpf_map_lookup_elem(&settings, &zero);
    struct tuple client = {
        .source = packet->tuple.destination,
        .source_port = packet->tuple.destination_port,
        .destination = front->address,
        .destination_port = front->port,
        .protocol = packet->tuple.protocol,
    };
    __s64 chosen = with ? choose_backend(service, hash_flow(with, service, &client), false) : NO_BACKEND;
    __u32 slot = (__u32)chosen;
    struct backend *backend = chosen < 0 ? 0 : bpf_map_lookup_elem(&backends, &slot);
    return backend && same_address(&backend->address, &packet->tuple.source);
}

/* Whether there is a way to the address that leads out of this host, which is a client of its backends too. */
static __noinline bool leads_away(struct __sk_buff *skb, const struct address *from, const struct address *target, __u32 now)
{
    __u32 zero = 0;
    struct directions *directions = bpf_map_lookup_elem(&opening, &zero);
    if (!directions) {
        return false;
    }
    directions->there.source = *from;
    directions->there.mode = MODE_NAT;
    return look_up_hop(skb, &directions->there, target, now);
}

/* Turns the packet's description round: as if it went from this client to the service, or back again. */
static __always_inline void turn_round(struct packet *packet, const struct address *source, const struct address *destination,
    __be16 source_port, __be16 destination_port)
{
    __u32 sequence = packet->sequence;
    packet->sequence = packet->acknowledgement;
    packet->acknowledgement = sequence;
    packet->tuple.source = *source;
    packet->tuple.destination = *destination;
    packet->tuple.source_port = source_port;
    packet->tuple.destination_port = destination_port;
}

/*
 * Mode nat: a segment from the middle of a connection, from a backend to a client of whom nothing is known here. Both ends
 * follow from it, so the connection goes on even while the client is silent.
 */
static __noinline bool adopt_answer(struct __sk_buff *skb, struct packet *packet, __u32 now)
{
    struct service_key from = {
        .address = packet->tuple.source,
        .port = packet->tuple.source_port,
        .protocol = packet->tuple.protocol,
    };
    struct service_key *front = bpf_map_lookup_elem(&fronts, &from);
    if (!front) {
        return false;
    }
    struct role *role = bpf_map_lookup_elem(&addresses, &front->address);
    struct service *service = bpf_map_lookup_elem(&services, front);
    if (!role || !gate_is_open(role->gate) || !service || service->mode != MODE_NAT || !is_choice(service, packet, front)
        || !leads_away(skb, &front->address, &packet->tuple.destination, now)) {
        return false;
    }
    struct address client = packet->tuple.destination;
    __be16 port = packet->tuple.destination_port;
    turn_round(packet, &client, &front->address, port, front->port);
    bool opened = open_flow(packet, service, role->gate);
    turn_round(packet, &from.address, &client, from.port, port);
    return opened;
}

static __always_inline bool is_mid_connection(const struct packet *packet)
{
    return packet->tuple.protocol == IPPROTO_TCP && packet->fragment == NOT_FRAGMENTED
        && (packet->tcp_flags & (TCP_ACK | TCP_SYN | TCP_RST)) == TCP_ACK;
}

/* The first packet of an unknown flow, or no packet of ours. */
static __noinline int forward_unknown(struct __sk_buff *skb, struct packet *packet, __u32 now, __u32 fragment_id)
{
    struct role *role = bpf_map_lookup_elem(&addresses, &packet->tuple.destination);
    if (!role || !(role->flags & ROLE_OURS) || !gate_is_open(role->gate)) {
        return TC_ACT_OK;
    }
    if ((__u16)(bpf_ntohs(packet->tuple.destination_port) - role->first_port) < role->ports) {
        count(EVENT_DROP_NO_FLOW);
        return TC_ACT_SHOT;
    }
    return forward_new(skb, packet, role->gate, now, fragment_id);
}

/* Packets of TCP, UDP and ICMP that may be for an address of ours, or from a backend that answers through us. */
static __always_inline int forward_packet(struct __sk_buff *skb, struct packet *packet)
{
    __u32 fragment_id = 0;
    if (is_icmp(packet)) {
        return forward_icmp_error(skb, packet);
    }
    if (packet->fragment != NOT_FRAGMENTED && !track_fragment(packet, &fragment_id)) {
        count(EVENT_UP_FRAGMENT);
        return TC_ACT_OK;
    }
    __u32 now = tick();
    struct flow *flow = bpf_map_lookup_elem(&flows, &packet->tuple);
    if (flow) {
        return forward_known(skb, packet, flow, false, now, fragment_id);
    }
    flow = bpf_map_lookup_elem(&embryos, &packet->tuple);
    if (!flow && is_mid_connection(packet) && adopt_answer(skb, packet, now)) {
        flow = bpf_map_lookup_elem(&embryos, &packet->tuple);
    }
    if (flow) {
        return forward_known(skb, packet, flow, true, now, fragment_id);
    }
    return forward_unknown(skb, packet, now, fragment_id);
}

static __always_inline bool pull(struct __sk_buff *skb)
{
    return bpf_skb_pull_data(skb, skb->len < PULL ? skb->len : PULL) == 0;
}

/* In mode nat answers go to the client's address, and errors about them may come from any router. */
static __always_inline bool may_be_of_nat(const struct packet *packet)
{
    __u32 zero = 0;
    struct settings *with = bpf_map_lookup_elem(&settings, &zero);
    return with && (with->flags & SETTINGS_NAT) && (is_icmp(packet) || may_be_known(&packet->tuple.source));
}

/* Kept out of the stack, which is small, and out of the verifier's sight, which multiplies paths by what it knows. */
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct packet);
} workspace SEC(".maps");

static __always_inline int decide(struct __sk_buff *skb)
{
    __u32 zero = 0;
    struct packet *packet = bpf_map_lookup_elem(&workspace, &zero);
    if (!packet) {
        return TC_ACT_OK;
    }
    __builtin_memset(packet, 0, sizeof *packet);
    /* A tagged frame comes by again on its VLAN's interface; VLAN 0 is no VLAN but a priority. */
    if (skb->pkt_type != PACKET_HOST || (skb->vlan_present && (skb->vlan_tci & 0xfff))) {
        return TC_ACT_OK;
    }
    enum parse parse = parse_addresses(skb, packet);
    if (parse == PARSE_SHORT && pull(skb)) {
        parse = parse_addresses(skb, packet);
    }
    if (parse != PARSED) {
        return TC_ACT_OK;
    }
    if (!may_be_known(&packet->tuple.destination) && !may_be_of_nat(packet)) {
        return TC_ACT_OK;
    }
    if (skb->vlan_present && bpf_skb_vlan_pop(skb) < 0) {
        return TC_ACT_OK;
    }
    parse = parse_rest(skb, packet);
    if (parse == PARSE_SHORT && pull(skb)) {
        parse = parse_rest(skb, packet);
    }
    if (parse == PARSE_MALFORMED) {
        count(EVENT_UP_MALFORMED);
    }
    if (parse != PARSED) {
        return TC_ACT_OK;
    }
    return forward_packet(skb, packet);
}

/* What is left to the stack is left to the filters behind this one first. */
SEC("tc")
int mainstay_ingress(struct __sk_buff *skb)
{
    int verdict = decide(skb);
    return verdict == TC_ACT_OK ? TC_ACT_UNSPEC : verdict;
}

SEC("tc")
int mainstay_clock(struct __sk_buff *skb __attribute__((unused)))
{
    __u32 zero = 0;
    struct clock *now = bpf_map_lookup_elem(&clock, &zero);
    if (now) {
        now->ticks = bpf_jiffies64();
        now->nanoseconds = bpf_ktime_get_ns();
    }
    return TC_ACT_OK;
}

/* Run by the daemon alone, by BPF_PROG_TEST_RUN. */
SEC("tc")
int mainstay_account(struct __sk_buff *skb)
{
    struct order order;
    if (bpf_skb_load_bytes(skb, ETH_HLEN, &order, sizeof order) == 0) {
        carry_out(&order);
    }
    return TC_ACT_OK;
}

char program_license[] SEC("license") = "GPL";
