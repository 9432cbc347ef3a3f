/* SPDX-License-Identifier: Apache-2.0 */
/* origin ADDRESS PORT: the server behind the balancer, TCP and UDP, one thread. net.h says what it does. */
#include "net.h"

enum { EVENTS = 256, MAX_BLOCKS_AT_ONCE = 8 };

struct connection {
    int fd;
    char wish;           /* the first octet; 0 before it came */
    char target;         /* the sixth octet of the request, 'c' for /close */
    uint8_t matched;     /* octets of the empty line that ends a request */
    uint32_t position;   /* in the present request */
    uint64_t received;
};

static char block[BULK_LENGTH];
static int poller;

static void watch(int fd, uint32_t events, void *data, int how) {
    struct epoll_event event = {.events = events, .data.ptr = data};
    if (epoll_ctl(poller, how, fd, &event) != 0) fail("epoll_ctl");
}

static void end(struct connection *c) {
    close(c->fd);
    c->fd = -1; /* freed after the round of events: another one may point to it */
}

/* Whole requests in the octets that have come; the last of them may ask to close. */
static unsigned requests_in(struct connection *c, const char *octets, ssize_t count, bool *closing) {
    static const char empty_line[] = "\r\n\r\n";
    unsigned requests = 0;
    for (ssize_t i = 0; i < count; i++) {
        if (c->position++ == 5) c->target = octets[i];
        c->matched = octets[i] == empty_line[c->matched] ? c->matched + 1 : octets[i] == '\r';
        if (c->matched == 4) {
            requests++;
            *closing = c->target == 'c';
            c->matched = 0;
            c->position = 0;
        }
    }
    return requests;
}

static void answer(struct connection *c, ssize_t count) {
    bool closing = false;
    for (unsigned left = requests_in(c, block, count, &closing); left > 0; left--) {
        if (send(c->fd, ANSWER, sizeof ANSWER - 1, MSG_NOSIGNAL) < 0 && errno != EAGAIN) {
            end(c);
            return;
        }
    }
    if (closing) end(c);
}

static void receive(struct connection *c) {
    for (int blocks = 0; blocks < MAX_BLOCKS_AT_ONCE; blocks++) {
        ssize_t count = recv(c->fd, block, c->wish == UPLOAD ? sizeof block : 4096, 0);
        if (count < 0 && errno == EAGAIN) return;
        if (count <= 0) {
            if (count == 0 && c->wish == UPLOAD) {
                send(c->fd, &c->received, sizeof c->received, MSG_NOSIGNAL);
            }
            end(c);
            return;
        }
        if (c->wish == 0) {
            c->wish = block[0];
            if (c->wish == DOWNLOAD) {
                watch(c->fd, EPOLLOUT, c, EPOLL_CTL_MOD);
                return;
            }
        }
        c->received += (uint64_t)count;
        if (c->wish == ASK) answer(c, count);
        if (c->wish == ECHO && send(c->fd, block, (size_t)count, MSG_NOSIGNAL) != count) end(c);
        if (c->fd < 0 || c->wish != UPLOAD) return;
    }
}

static void stream(struct connection *c) {
    for (int blocks = 0; blocks < MAX_BLOCKS_AT_ONCE; blocks++) {
        ssize_t count = send(c->fd, block, sizeof block, MSG_NOSIGNAL);
        if (count < 0 && errno == EAGAIN) return;
        if (count < 0) {
            end(c);
            return;
        }
        if ((size_t)count < sizeof block) return;
    }
}

static void accept_all(int listener) {
    for (int i = 0; i < 64; i++) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        if (fd < 0) return;
        set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
        struct connection *c = calloc(1, sizeof *c);
        if (c == NULL) fail("calloc");
        c->fd = fd;
        watch(fd, EPOLLIN, c, EPOLL_CTL_ADD);
    }
}

static void echo_datagrams(int fd) {
    static char octets[BATCH][2048];
    static struct sockaddr_in peers[BATCH];
    static struct iovec vectors[BATCH];
    static struct mmsghdr messages[BATCH];
    for (int i = 0; i < BATCH; i++) {
        vectors[i] = (struct iovec){octets[i], sizeof octets[i]};
        messages[i].msg_hdr = (struct msghdr){
            .msg_name = &peers[i], .msg_namelen = sizeof peers[i], .msg_iov = &vectors[i], .msg_iovlen = 1};
    }
    int count = recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < count; i++) vectors[i].iov_len = messages[i].msg_len;
    for (int sent = 0; sent < count;) {
        int now = sendmmsg(fd, messages + sent, (unsigned)(count - sent), MSG_DONTWAIT);
        sent += now > 0 ? now : 1; /* a datagram that cannot be sent is lost, as on any network */
    }
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: origin ADDRESS PORT\n");
        return 2;
    }
    struct sockaddr_in address = address_of(argv[1], (unsigned)atoi(argv[2]));
    allow_all_descriptors();
    signal(SIGPIPE, SIG_IGN);
    memset(block, 'm', sizeof block);
    poller = epoll_create1(0);

    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    set_option(listener, SOL_SOCKET, SO_REUSEADDR, 1);
    int datagrams = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    set_option(datagrams, SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20);
    set_option(datagrams, SOL_SOCKET, SO_SNDBUFFORCE, 8 << 20);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 8192) != 0 ||
        bind(datagrams, (struct sockaddr *)&address, sizeof address) != 0) fail("bind");
    watch(listener, EPOLLIN, &listener, EPOLL_CTL_ADD);
    watch(datagrams, EPOLLIN, &datagrams, EPOLL_CTL_ADD);
    printf("serves on %s:%s\n", argv[1], argv[2]);
    fflush(stdout);

    struct epoll_event events[EVENTS];
    for (;;) {
        int count = epoll_wait(poller, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == &listener) {
                accept_all(listener);
            } else if (events[i].data.ptr == &datagrams) {
                echo_datagrams(datagrams);
            } else {
                struct connection *c = events[i].data.ptr;
                if (c->wish == DOWNLOAD) stream(c);
                else receive(c);
                if (c->fd < 0) free(c); /* one descriptor, one event in a round */
            }
        }
    }
}
