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
#include "former.h"
#include "fragment.h"
#include "hop.h"
#include "icmp.h"
#include "latency.h"
#include "maps.h"
#include "open.h"
#include "packet.h"
#include "passage.h"
#include "settle.h"
#include "toobig.h"
#include "translate.h"
#include "virtualmac.h"
#include "workspace.h"

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
    const struct backend *backend, __u32 now)
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
    bool done = flow->mode == MODE_DSR ? spend_hops(skb, packet, 1) : translate(skb, packet, flow);
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

/* Whether the kernel, if it gets the packet, sends it on to another host, as this one is a router. */
static __noinline bool is_routed_on(struct __sk_buff *skb, const struct packet *packet)
{
    struct bpf_fib_lookup ask;
    __builtin_memset(&ask, 0, sizeof ask);
    ask.ifindex = skb->ifindex;
    ask.l4_protocol = packet->tuple.protocol;
    ask.sport = packet->tuple.source_port;
    ask.dport = packet->tuple.destination_port;
    ask.tot_len = 1;
    ask_between(&ask, &packet->tuple.source, &packet->tuple.destination);
    long result = bpf_fib_lookup(skb, &ask, sizeof ask, 0);
    return result == BPF_FIB_LKUP_RET_SUCCESS || result == BPF_FIB_LKUP_RET_NO_NEIGH;
}

/*
 * Of an address that is another node's by now the stack is not to get the middle of a connection which this host does not
 * have: as long as it keeps connections of the proxy engine to that address it would answer by a reset.
 */
static __noinline bool is_for_stack(struct __sk_buff *skb, const struct packet *packet)
{
    return !packet->to_interface || packet->tuple.protocol != IPPROTO_TCP || packet->fragment != NOT_FRAGMENTED
        || (packet->tcp_flags & TCP_SYN) || is_connection_of_host(skb, packet) || is_routed_on(skb, packet);
}

/* Whether there is a way out of this host to where an answer goes: it is a client of its backends too. */
static __noinline bool leads_away(struct __sk_buff *skb, const struct packet *packet, __u32 now)
{
    struct directions *directions = directions_at_hand();
    return directions && look_up_hop(skb, &directions->there, &packet->tuple.destination, now);
}

static __noinline int settle(struct __sk_buff *skb, struct packet *packet, __u32 now)
{
    int fate = settle_known(now);
    if (fate == FATE_UNKNOWN && is_answer() && leads_away(skb, packet, now) && adopt_answer() == FATE_FORWARD) {
        fate = settle_known(now);
    }
    if (fate == FATE_UNKNOWN) {
        fate = settle_unknown();
    }
    if (fate == FATE_ELSEWHERE) {
        bool left = is_for_stack(skb, packet);
        if (!left) {
            count(EVENT_DROP_NO_FLOW);
        }
        return left ? FATE_STACK : FATE_DROP;
    }
    if (fate != FATE_NEW) {
        return fate;
    }
    if (packet->tuple.protocol == IPPROTO_TCP && !is_first_of_flow(packet)
        && ((packet->tcp_flags & TCP_SYN) || is_connection_of_host(skb, packet))) {
        return FATE_STACK;
    }
    return open_flow();
}

/* Whether a packet of a flow that lives changes nothing of it but counters and clocks. */
static __always_inline bool is_steady(const struct packet *packet, const struct flow *flow, const struct backend *backend, __u32 now)
{
    if ((packet->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST)) || !follows(packet, flow, backend) || !is_current(packet, flow, now)) {
        return false;
    }
    if (packet->tuple.protocol != IPPROTO_UDP) {
        return true;
    }
    const struct settings *with = settings_now();
    return with && now - flow->seen <= with->udp_ticks;
}

static __always_inline struct backend *backend_of(const struct flow *flow)
{
    __u32 slot = flow->backend;
    return bpf_map_lookup_elem(&backends, &slot);
}

/* Packets of TCP, UDP and ICMP that may be for an address of ours, or from a backend that answers through us. */
static __always_inline int forward_packet(struct __sk_buff *skb, struct packet *packet)
{
    if (is_icmp(packet)) {
        return forward_icmp_error(skb, packet);
    }
    if (packet->fragment != NOT_FRAGMENTED && !track_fragment(packet)) {
        count(EVENT_UP_FRAGMENT);
        return TC_ACT_OK;
    }
    __u32 now = tick();
    struct flow *flow = bpf_map_lookup_elem(&flows, &packet->tuple);
    struct backend *backend = flow ? backend_of(flow) : 0;
    if (!flow || !backend || !is_steady(packet, flow, backend, now)) {
        int fate = settle(skb, packet, now);
        if (fate == FATE_ANSWER) {
            return send_reply(skb, packet);
        }
        if (fate == FATE_FORMER) {
            return pass_to_former(skb, packet, now);
        }
        if (fate != FATE_FORWARD) {
            return fate == FATE_STACK ? TC_ACT_OK : TC_ACT_SHOT;
        }
        flow = find_flow(&packet->tuple);
        backend = flow ? backend_of(flow) : 0;
        if (!flow || !backend) {
            return TC_ACT_SHOT;
        }
    }
    int verdict = forward(skb, packet, flow, backend, now);
    if (packet->last) {
        bpf_map_delete_elem(&embryos, &packet->tuple);
    }
    return verdict;
}

static __always_inline bool pull(struct __sk_buff *skb)
{
    return bpf_skb_pull_data(skb, skb->len < PULL ? skb->len : PULL) == 0;
}

/* In mode nat answers go to the client's address, and errors about them may come from any router. */
static __always_inline bool may_be_of_nat(const struct packet *packet)
{
    const struct settings *with = settings_now();
    return with && (with->flags & SETTINGS_NAT) && (is_icmp(packet) || may_be_known(&packet->tuple.source));
}

/*
 * Whether a frame is for this host. One to the MAC address of a virtual router of its own is, as far as gates are open: a switch may
 * show it to a Backup too.
 */
static __always_inline bool is_for_us(struct __sk_buff *skb, struct packet *packet)
{
    packet->to_interface = skb->pkt_type == PACKET_HOST;
    if (skb->pkt_type != PACKET_OTHERHOST) {
        return packet->to_interface;
    }
    __u32 router = virtual_mac_of(skb);
    __u32 index = router / 64;
    __u64 *word = bpf_map_lookup_elem(&virtual_macs, &index);
    return word && (*word >> router % 64 & 1);
}

static __always_inline int decide(struct __sk_buff *skb)
{
    struct packet *packet = packet_at_hand();
    if (!packet) {
        return TC_ACT_OK;
    }
    __builtin_memset(packet, 0, sizeof *packet);
    /* A tagged frame comes by again on its VLAN's interface; VLAN 0 is no VLAN but a priority. */
    if (!is_for_us(skb, packet) || (skb->vlan_present && (skb->vlan_tci & 0xfff))) {
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
