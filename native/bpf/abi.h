/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What the program and the daemon share: keys and values of the maps. Addresses and ports are in network order, all
 * other numbers in the machine's. Every structure is free of hidden padding, so that equal means equal octets.
 */
#ifndef MAINSTAY_ABI_H
#define MAINSTAY_ABI_H

#include <stdbool.h>

#include <linux/types.h>

/* IPv6, or IPv4 as ::ffff:a.b.c.d: one table serves both families. */
struct address {
    __be32 word[4];
};

/* One direction of a flow, as its packets look on arrival. */
struct tuple {
    struct address source;
    struct address destination;
    __be16 source_port;
    __be16 destination_port;
    __u8 protocol;
    __u8 zero[3];
};

enum mode {
    MODE_FULL_NAT, /* the backend sees an address of ours */
    MODE_NAT,      /* the backend sees the client, and answers through us as its router */
    MODE_DSR,      /* the backend holds the VIP itself, and answers the client directly */
};

/* `settings` has one element. Times are in ticks. */
struct settings {
    __u64 secret[2]; /* shared by the nodes of a pair, so that both choose alike */
    __u32 flags;
    __u32 embryo_ticks;  /* how long an unanswered flow keeps its backend */
    __u32 udp_ticks;     /* after this silence in both directions a UDP flow is a new one */
    __u32 hop_ticks;    /* how late a changed route is noticed by a running flow */
};

enum settings_flag {
    SETTINGS_NAT = 1, /* some service forwards in mode nat */
};

/*
 * A tick is a jiffy: 1/CONFIG_HZ of a second, between 1 and 10 ms. To read it costs nothing, and a clock in nanoseconds a
 * tenth of the time per packet. Ticks wrap after 49 days or later and are compared by difference. `clock` has one element;
 * a run of the program mainstay_clock by BPF_PROG_TEST_RUN sets it, and two runs tell how long a tick is.
 */
struct clock {
    __u64 ticks;
    __u64 nanoseconds; /* CLOCK_MONOTONIC */
};

/* `addresses`: what an address of ours, or of a backend, is to us. */
struct role {
    __u32 flags;
    __u32 gate;       /* index in `gates`, of an address of ours */
    __u16 first_port; /* of the range that flows to backends leave from; machine order */
    __u16 ports;      /* in that range; 0: this address is no source */
};

enum role_flag {
    ROLE_OURS = 1,    /* a VIP or a source address */
    ROLE_BACKEND = 2, /* backend of a service in mode nat */
};

/*
 * `gates`: one for each virtual address. Shut while another node is Active: then it is none of ours. The bits above that of an
 * open one are the tick since when it is open.
 */
enum gate {
    GATE_SHUT,
    GATE_OPEN,
    GATE_TICK_SHIFT = 1,
};

/*
 * `filter`: FILTER_BITS bits, in words of 64. The bit of each address in `addresses` is set, so that for nearly all other
 * packets the question is answered without a hash table.
 */
enum { FILTER_BITS = 1 << 16 };

static inline __u32 filter_bit(const struct address *address)
{
    __u32 mixed = (address->word[0] ^ address->word[1] ^ address->word[2] ^ address->word[3]) * 0x9e3779b9u;
    return mixed >> 16;
}

/*
 * `virtual_macs`: a bit for each MAC address of a virtual router (RFC 9568 section 7.3), in words of 64: the VRID, and 256 more for
 * IPv6. Frames to those that are set are for this host.
 */
enum { VIRTUAL_MACS = 512 };

/* `services` */
struct service_key {
    struct address address;
    __be16 port;
    __u8 protocol;
    __u8 zero;
};

struct service {
    __u32 id;
    __u32 flags;
    __u32 mode;
    __u32 table_first; /* this service's part of `tables` */
    __u32 table_size;  /* a prime, so that probing meets every slot */
    __u32 sources_first; /* its part of `sources`: mode full_nat, and for colliding ports nat */
    __u32 sources_count;
    __u32 door; /* whose clients, when they are turned away, are counted together */
};

enum service_flag {
    SERVICE_PERSIST_SOURCE = 1, /* all flows of a client address go to one backend */
    SERVICE_JUDGED = 2, /* its door has an access list or limits, or a backend has a limit: new flows are judged and counted */
};

/* `sources`: addresses of ours that flows to backends leave from. */
struct source {
    struct address address;
    __u16 first_port; /* machine order */
    __u16 ports;
};

/* `backends`. A slot is given another backend only in this order: state absent, then the rest, then the state. */
struct backend {
    struct address address;
    __be16 port; /* 0: the one the client asked for */
    __u16 state;
    __u32 id; /* never given twice: tells a flow that its slot has another backend now */
    __u32 limit; /* of live flows, see `backend_loads`; 0: none */
};

/* `owners`: whose the slot of that number in `backends` is, for a daemon that starts again; the program does not read it. */
struct owner {
    __u8 name[16]; /* the first octets of a hash of service, backend and address; 0: nobody's */
};

enum backend_state {
    BACKEND_ABSENT,   /* live flows are reset */
    BACKEND_READY,
    BACKEND_DRAINING, /* no new flows, live ones go on */
    BACKEND_UNHEALTHY, /* the same of connections; the next datagram of a client goes elsewhere */
    BACKEND_DOWN,     /* live flows are reset */
};

/*
 * `flows` and `embryos`: one entry for each direction of a flow, keyed by what arrives. `embryos` holds what has not yet
 * been answered and forgets the least recently used, so that a flood of SYNs displaces only its like.
 */
struct flow {
    struct address source; /* what leaves: */
    struct address destination;
    __be16 source_port;
    __be16 destination_port;

    __u32 backend; /* slot */
    __u32 backend_id;
    __u32 address_sum; /* checksum difference that the change of addresses makes */
    __u32 state;       /* enum flow_state, kept in the client's direction for both */
    __u32 seen;        /* tick of the last packet of this direction */
    __u32 acknowledged; /* TCP: the last acknowledgement of this direction; machine order */
    __u32 gate;
    __u8 mode;
    __u8 to_client; /* 1 in the direction from backend to client */
    __u16 hop_mtu;  /* 0: unknown */

    __u32 hop_until; /* tick until which the next hop is taken for granted; a stale or torn one costs one packet */
    __u32 hop_interface; /* 0: not yet looked up */
    struct address hop_gateway;

    __u32 door; /* that counts it while FLOW_COUNTED is set; 0: its service judges nobody */
    __u8 client_bits; /* of the client's address, that count in `client_counts`; 0: it is not counted there */
    __u8 zero[3];
    __u32 asked; /* in the client's direction: when it said what an answer is awaited to, in microseconds; 0: nothing is */
};

enum flow_state {
    FLOW_BACKEND_SPOKE = 1,
    FLOW_CLIENT_FIN = 2,
    FLOW_BACKEND_FIN = 4,
    FLOW_RESET = 8,
    FLOW_LIVE = 16,    /* counted in flows_live */
    FLOW_ENDED = 32,   /* and taken out again */
    FLOW_ADOPTED = 64, /* began on another node, or outlived its entry */
    FLOW_PROBED = 128, /* has not the first port of its choice: another node has to seek it */
    FLOW_CHOICE = 63 << 8, /* which of its choices the source is */
    FLOW_SOUGHT = 15 << 14, /* how many other choices were tried since it was adopted */
    FLOW_COUNTED = 1 << 19, /* its door, its client and its backend have it in their counts */
    FLOW_REFUSED = 1 << 20, /* turned away when it was answered: see limit.h */
    FLOW_PASSED = 1 << 21, /* admitted then, but `flows` was full: not to be judged again */
    FLOW_DATA = 1 << 18, /* data has been seen; the one bit that each direction keeps for itself */
};

enum { FLOW_CHOICE_SHIFT = 8, FLOW_SOUGHT_SHIFT = 14 };

/* `fragments`: what the first fragment of a datagram said about the others. */
struct fragment_key {
    struct address source;
    struct address destination;
    __u32 id; /* as in the header */
    __u8 protocol;
    __u8 zero[3];
};

struct fragment {
    __be16 source_port;
    __be16 destination_port;
    __u32 id; /* as in the header, what it is replaced by: two senders may have used the same */
};

/* `traffic`: per CPU, per backend slot. live = opened - closed, summed over the CPUs. */
struct traffic {
    __u64 packets_in; /* to the backend */
    __u64 octets_in;
    __u64 packets_out;
    __u64 octets_out;
    __u64 flows_new;    /* first packets that chose this backend */
    __u64 flows_opened; /* of these, answered */
    __u64 flows_closed;
};

/*
 * `latency`: per CPU, by backend slot. Bucket n counts what took 2^n to 2^(n+1) microseconds; the first has what took less, the
 * last what took more. The program counts where the daemon has entered a slot.
 */
enum { LATENCY_BUCKETS = 24 };

struct latency {
    __u64 connect[LATENCY_BUCKETS];    /* from the client's SYN to the backend's */
    __u64 first_byte[LATENCY_BUCKETS]; /* from the client's first data to the backend's */
};

/* `events`: per CPU, how often. The names are those of the metrics. */
enum event {
    EVENT_FLOW_ADOPTED,      /* a flow of which nothing was known went on */
    EVENT_FLOW_REPICKED,     /* a new flow on an old entry chose anew */
    EVENT_FLOW_PROBED,       /* the first choice of port was taken */
    EVENT_FLOW_SOUGHT,       /* another choice was tried, as this one is not the flow's, or is another's, at the backend */
    EVENT_FLOW_TABLE_FULL,   /* an answered flow stayed among the embryos */
    EVENT_SENT_RESET,        /* to the sender of a TCP segment that was dropped */
    EVENT_SENT_TOO_BIG,      /* an ICMP error that names the MTU, to the sender of a packet that was dropped */
    EVENT_ICMP_TRANSLATED,
    EVENT_UP_FRAGMENT,       /* to the stack: a fragment without its first */
    EVENT_UP_MALFORMED,      /* to the stack, which discards it: lengths that do not fit */
    EVENT_DROP_NO_BACKEND,
    EVENT_DROP_BACKEND_DOWN, /* of a live flow */
    EVENT_DROP_NO_PORT,      /* all ports that were tried are taken */
    EVENT_DROP_NO_FLOW,      /* from a backend, of a flow unknown here; or a reset of one by a client that does not have it */
    EVENT_DROP_HOP_LIMIT,
    EVENT_DROP_NO_ROUTE,
    EVENT_DROP_TOO_BIG,
    EVENT_DROP_KERNEL,       /* a helper refused: out of memory */
    EVENT_DROP_REFUSED,      /* by access list or limit: `refusals` tells which */
    EVENT_FAST_PATH,         /* sent on by XDP, before there was any work for the rest */
    EVENT_SENT_TO_FORMER,    /* from a backend, of a flow unknown here: on to the node that was Active before */
    EVENTS,
};

/*
 * `doors`: what a service takes in, whatever the number of its addresses and ports. An element is replaced as a whole, so
 * that no client is judged by half of the old and half of the new.
 */
struct door {
    __u64 owner; /* hash of the service's name, for a daemon that starts again; the program does not read it */
    __u64 interval;            /* nanoseconds between two new flows in the long run; 0: any number of them */
    __u64 interval_per_client;
    __u32 flows;               /* at the same time; 0: any number */
    __u32 flows_per_client;
    __u8 ipv4_bits; /* clients whose addresses begin with as many equal bits are one; of an IPv4 address 96 more than its own */
    __u8 ipv6_bits;
    __u8 zero[6];
};

/* `door_states`: kept by the program, made by the daemon together with the door. */
struct door_state {
    __u64 full_at; /* CLOCK_MONOTONIC: when the bucket of the service will be full */
    __s32 live;    /* flows with FLOW_COUNTED */
    __u32 zero;
};

/* `client_counts` (live flows) and `client_rates` (when the bucket will be full): clients that are one. */
struct client_group {
    __u32 door;
    __u8 bits;
    __u8 zero[3];
    struct address address; /* the first that begins with these bits */
};

struct client_count {
    __s32 live; /* CLIENT_LEAVING while the entry is being removed */
    __u32 zero;
};

enum { CLIENT_LEAVING = 1 << 30 };

/*
 * `access_lists`: for each door that has one a trie, of which the longest prefix decides. The daemon fills a new trie and puts
 * it in the place of the old one, which ends with its last reader. Each family has an entry that holds all of it.
 */
struct access_key {
    __u32 prefix; /* bits of what follows */
    __be32 family; /* 4 or 6 */
    struct address address;
};

enum access_verdict {
    ACCESS_ALLOWED = 1,
    ACCESS_DENIED,
};

/* `refusals`: per CPU, for each door, why clients were turned away. The names are those of the proxy engine. */
enum refusal {
    REFUSED_DENIED,
    REFUSED_SERVICE_FULL,
    REFUSED_SOURCE_FULL,
    REFUSED_SERVICE_TOO_FAST,
    REFUSED_SOURCE_TOO_FAST,
    REFUSED_NO_BACKEND,
    REFUSED_BACKENDS_FULL,
    REFUSED_NO_RESOURCES, /* no port */
    REFUSALS,
};

struct refusal_counts {
    __u64 of[REFUSALS];
};

/* What the daemon has the program mainstay_account do to a flow, as data behind an Ethernet header in BPF_PROG_TEST_RUN. */
struct order {
    __u32 action;
    __u32 door;
    struct tuple flow; /* the client's direction, in `flows` */
    struct client_group group;
};

enum order_action {
    ORDER_FORGET,  /* count it out if it is counted, and take both directions out of the table */
    ORDER_COUNT,   /* count it with this door if it lives, whatever the limits */
    ORDER_UNCOUNT,
    ORDER_SWEEP,   /* forget this group of clients if it has no flows */
};

/*
 * `formers`: by an address of ours, while this node is Active, the one that was before and lives. What a backend says to a client
 * that is not known here goes on there.
 */
struct former {
    struct address gateway; /* its own address, of the same family */
    __u32 interface;        /* by which it is reached */
};

/* `detours` of detour.bpf.c, by the virtual address */
struct detour {
    struct address gateway; /* the former Active, of the same family */
    __u64 until;            /* ns of the monotonic clock */
    __u32 interface;        /* by which it is reached */
    __u32 credit;           /* packets that may still go on: should they come back, it ends with that */
};

_Static_assert(sizeof(struct tuple) == 40, "tuple");
_Static_assert(sizeof(struct settings) == 32, "settings");
_Static_assert(sizeof(struct role) == 12, "role");
_Static_assert(sizeof(struct service_key) == 20, "service_key");
_Static_assert(sizeof(struct service) == 32, "service");
_Static_assert(sizeof(struct source) == 20, "source");
_Static_assert(sizeof(struct backend) == 28, "backend");
_Static_assert(sizeof(struct flow) == 104, "flow");
_Static_assert(sizeof(struct fragment_key) == 40, "fragment_key");
_Static_assert(sizeof(struct door) == 40, "door");
_Static_assert(sizeof(struct client_group) == 24, "client_group");
_Static_assert(sizeof(struct access_key) == 24, "access_key");
_Static_assert(sizeof(struct order) == 72, "order");
_Static_assert(sizeof(struct former) == 20, "former");
_Static_assert(sizeof(struct detour) == 32, "detour");

#endif
