// SPDX-License-Identifier: Apache-2.0
#include "fence.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "log.h"

/* TC_PRIO_CONTROL: ahead of bulk traffic in the queue of the interface, as the daemon's own advertisements. */
enum { PRIORITY_CONTROL = 7 };

static int open_raw(int family, int level, int loop_option)
{
    int off = 0;
    int priority = PRIORITY_CONTROL;
    /* IPPROTO_RAW: the datagram comes with its header, and the socket receives nothing. */
    int raw = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW);
    if (raw < 0) {
        say("warning: cannot resign for the daemon over IPv%s: raw socket: %s", family == AF_INET ? "4" : "6",
            strerror(errno));
        return -1;
    }
    (void)setsockopt(raw, level, loop_option, &off, sizeof off);
    (void)setsockopt(raw, SOL_SOCKET, SO_PRIORITY, &priority, sizeof priority);
    return raw;
}

void fence_open(struct fence *fence)
{
    int on = 1;
    fence->sequence = 0;
    fence->route = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fence->route < 0) {
        say("warning: cannot remove addresses: rtnetlink socket: %s", strerror(errno));
    } else {
        (void)setsockopt(fence->route, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
    }
    fence->raw_ipv4 = open_raw(AF_INET, IPPROTO_IP, IP_MULTICAST_LOOP);
    fence->raw_ipv6 = open_raw(AF_INET6, IPPROTO_IPV6, IPV6_MULTICAST_LOOP);
}

/* The kernel answers within send(2), so the answer is there when this is called. Returns 0 or an errno. */
static int read_acknowledgement(int route, uint32_t sequence)
{
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
    } answer;
    for (;;) {
        ssize_t octets = recv(route, &answer, sizeof answer, MSG_DONTWAIT);
        if (octets < 0) {
            return errno;
        }
        if ((size_t)octets >= sizeof answer && answer.header.nlmsg_type == NLMSG_ERROR
            && answer.header.nlmsg_seq == sequence) {
            return -answer.error.error;
        }
    }
}

/* Returns 0 or an errno. */
static int remove_address(struct fence *fence, const struct record *record)
{
    struct {
        struct nlmsghdr header;
        struct ifaddrmsg address;
        struct rtattr attribute;
        unsigned char octets[16];
    } request;
    memset(&request, 0, sizeof request);
    request.header.nlmsg_len = (uint32_t)(offsetof(__typeof__(request), octets) + record->length);
    request.header.nlmsg_type = RTM_DELADDR;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    request.header.nlmsg_seq = ++fence->sequence;
    request.address.ifa_family = record->length == 4 ? AF_INET : AF_INET6;
    request.address.ifa_prefixlen = record->prefix_length;
    request.address.ifa_index = record->interface_index;
    request.attribute.rta_type = IFA_LOCAL;
    request.attribute.rta_len = (unsigned short)(sizeof request.attribute + record->length);
    memcpy(request.octets, record->payload, record->length);
    if (send(fence->route, &request, request.header.nlmsg_len, 0) < 0) {
        return errno;
    }
    return read_acknowledgement(fence->route, fence->sequence);
}

/* Returns 0 or an errno. */
static int set_down(struct fence *fence, const struct record *record)
{
    struct {
        struct nlmsghdr header;
        struct ifinfomsg link;
    } request;
    memset(&request, 0, sizeof request);
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = RTM_NEWLINK;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    request.header.nlmsg_seq = ++fence->sequence;
    request.link.ifi_family = AF_UNSPEC;
    request.link.ifi_index = (int)record->interface_index;
    request.link.ifi_change = IFF_UP;
    if (send(fence->route, &request, sizeof request, 0) < 0) {
        return errno;
    }
    return read_acknowledgement(fence->route, fence->sequence);
}

/* Not there, or gone with its interface. */
static bool is_gone(int error)
{
    return error == EADDRNOTAVAIL || error == ENODEV;
}

/* The destination is the one in the header of the datagram. */
int fence_send(const struct fence *fence, const struct record *record)
{
    struct sockaddr_in ipv4 = {.sin_family = AF_INET};
    struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6, .sin6_scope_id = record->interface_index};
    const struct sockaddr *destination = (const struct sockaddr *)&ipv4;
    socklen_t destination_octets = sizeof ipv4;
    int raw = fence->raw_ipv4;
    if (record->payload[0] >> 4 == 4) {
        memcpy(&ipv4.sin_addr, record->payload + 16, sizeof ipv4.sin_addr);
    } else {
        memcpy(&ipv6.sin6_addr, record->payload + 24, sizeof ipv6.sin6_addr);
        destination = (const struct sockaddr *)&ipv6;
        destination_octets = sizeof ipv6;
        raw = fence->raw_ipv6;
    }
    int interface_index = (int)record->interface_index;
    if (setsockopt(raw, SOL_SOCKET, SO_BINDTOIFINDEX, &interface_index, sizeof interface_index) < 0
        || sendto(raw, record->payload, record->length, 0, destination, destination_octets) < 0) {
        return errno;
    }
    return 0;
}

static void apply_address(struct fence *fence, const struct record *record, struct fence_result *result)
{
    int error = remove_address(fence, record);
    result->addresses++;
    if (error == 0 || is_gone(error)) {
        result->addresses_removed++;
    } else {
        result->remove_error = error;
    }
}

static void apply_link(struct fence *fence, const struct record *record, struct fence_result *result)
{
    int error = set_down(fence, record);
    result->links++;
    if (error == 0 || error == ENODEV) {
        result->links_down++;
    } else {
        result->link_error = error;
    }
}

static void apply_datagram(struct fence *fence, const struct record *record, struct fence_result *result)
{
    int error = fence_send(fence, record);
    result->datagrams++;
    if (error == 0) {
        result->datagrams_sent++;
    } else {
        result->send_error = error;
    }
}

struct fence_result fence_apply(struct fence *fence, const struct held *held, bool resign)
{
    struct fence_result result = {0};
    struct record record;
    size_t offset = 0;
    while (held_next(held, &offset, &record)) {
        if (record.kind == RECORD_ADDRESS) {
            apply_address(fence, &record, &result);
        } else if (record.kind == RECORD_LINK) {
            apply_link(fence, &record, &result);
        } else if (record.kind == RECORD_DATAGRAM && resign) {
            apply_datagram(fence, &record, &result);
        }
    }
    return result;
}

void fence_resign_again(struct fence *fence, const struct held *held)
{
    struct record record;
    size_t offset = 0;
    while (held_next(held, &offset, &record)) {
        if (record.kind == RECORD_DATAGRAM) {
            (void)fence_send(fence, &record);
        }
    }
}
