/* SPDX-License-Identifier: Apache-2.0 */
/*
 * driver WORK MILLIS CONNECTIONS ADDRESS:PORT...: loads a balancer for a while and prints what came of it as JSON.
 * One thread. Connection n goes to the address n modulo their number.
 */
#include "net.h"

enum { EVENTS = 256, MOST_TARGETS = 8, WINDOW = 8 };
static int window = WINDOW; /* datagrams of one client on their way */

static const uint64_t STALL_NS = 50u * 1000 * 1000;

struct connection {
    int fd;
    unsigned number;
    uint32_t received;   /* of the present answer */
    bool connecting;
    bool fresh;
    int outstanding;     /* datagrams on their way */
    uint64_t started_ns;
    uint64_t heard_ns;
    uint64_t octets;
};

static struct sockaddr_in targets[MOST_TARGETS];
static unsigned target_count;
static unsigned connection_count;
static struct connection *connections;
static int poller;
static char block[BULK_LENGTH];
static uint64_t done, failed, lost;
static uint64_t warm; /* done before the time that counts */

/* Latencies in nanoseconds, one for each piece of work. */
static uint32_t *latencies;
static size_t latency_count, latency_room;

static void note_latency(uint64_t since_ns, uint64_t at_ns) {
    if (latency_count == latency_room) {
        latency_room = latency_room ? 2 * latency_room : 1 << 16;
        latencies = realloc(latencies, latency_room * sizeof *latencies);
        if (latencies == NULL) fail("realloc");
    }
    uint64_t took = at_ns - since_ns;
    latencies[latency_count++] = took > UINT32_MAX ? UINT32_MAX : (uint32_t)took;
}

static int compare(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static double quantile_us(double share) {
    if (latency_count == 0) return 0;
    size_t at = (size_t)(share * (double)latency_count);
    return latencies[at < latency_count ? at : latency_count - 1] / 1e3;
}

static void report(uint64_t elapsed_ns) {
    double seconds = (double)elapsed_ns / 1e9;
    qsort(latencies, latency_count, sizeof *latencies, compare);
    printf("{\"seconds\": %.6f, \"done\": %llu, \"with_warm_up\": %llu, \"failed\": %llu, \"lost\": %llu, \"per_second\": %.1f, "
           "\"p50_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": %.1f}\n",
           seconds, (unsigned long long)done, (unsigned long long)(done + warm), (unsigned long long)failed, (unsigned long long)lost,
           (double)done / seconds, quantile_us(0.5), quantile_us(0.99), quantile_us(0.999));
}

static void watch(struct connection *c, uint32_t events, int how) {
    struct epoll_event event = {.events = events, .data.ptr = c};
    if (epoll_ctl(poller, how, c->fd, &event) != 0) fail("epoll_ctl");
}

static struct sockaddr *target_of(const struct connection *c) {
    return (struct sockaddr *)&targets[c->number % target_count];
}

static void open_stream(struct connection *c, int flags) {
    c->fd = socket(AF_INET, SOCK_STREAM | flags, 0);
    if (c->fd < 0) fail("socket");
    set_option(c->fd, IPPROTO_TCP, TCP_NODELAY, 1);
    c->received = 0;
    c->connecting = false;
    if (connect(c->fd, target_of(c), sizeof *targets) != 0) {
        if (errno != EINPROGRESS) fail("connect");
        c->connecting = true;
    }
}

static void open_all_streams(void) {
    for (unsigned n = 0; n < connection_count; n++) {
        open_stream(&connections[n], 0);
        fcntl(connections[n].fd, F_SETFL, O_NONBLOCK);
    }
}

static void send_all(struct connection *c, const char *octets, size_t count) {
    if (send(c->fd, octets, count, MSG_NOSIGNAL) != (ssize_t)count) fail("send");
}

/* Runs a step for each connection that is ready until the time is over; the time that passed. */
static uint64_t run(uint64_t millis, int tick_millis, void (*step)(struct connection *, uint32_t, uint64_t),
                    void (*tick)(uint64_t)) {
    struct epoll_event events[EVENTS];
    uint64_t start = now_ns(), end = start + millis * 1000000u, now = start;
    while (now < end) {
        int count = epoll_wait(poller, events, EVENTS, tick_millis);
        now = now_ns();
        for (int i = 0; i < count; i++) step(events[i].data.ptr, events[i].events, now);
        if (tick != NULL) tick(now);
    }
    return now - start;
}

/* Requests and answers, or echoes, one after the other on each connection. */
static const char *question;
static size_t question_length;
static uint32_t reply_length;

static void ask(struct connection *c) {
    c->started_ns = now_ns();
    send_all(c, question, question_length);
}

static void on_reply(struct connection *c, uint32_t events, uint64_t now) {
    (void)events;
    (void)now;
    ssize_t count = recv(c->fd, block, 8192, 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) fail("connection lost");
    c->received += (uint32_t)count;
    if (c->received < reply_length) return;
    c->received = 0;
    done++;
    note_latency(c->started_ns, now_ns());
    ask(c);
}

static uint64_t in_turn(uint64_t millis, const char *what, size_t length, uint32_t expected) {
    question = what;
    question_length = length;
    reply_length = expected;
    open_all_streams();
    for (unsigned n = 0; n < connection_count; n++) {
        watch(&connections[n], EPOLLIN, EPOLL_CTL_ADD);
        ask(&connections[n]);
    }
    run(millis / 8, 10, on_reply, NULL);
    warm = done;
    done = 0;
    latency_count = 0;
    return run(millis, 10, on_reply, NULL);
}

/* A connection for each request. */
static void reopen(struct connection *c) {
    c->started_ns = now_ns();
    open_stream(c, SOCK_NONBLOCK);
    watch(c, c->connecting ? EPOLLOUT : EPOLLIN, EPOLL_CTL_ADD);
    if (!c->connecting) send_all(c, LAST_REQUEST, sizeof LAST_REQUEST - 1);
}

static void finish(struct connection *c, bool well) {
    close(c->fd);
    if (well) {
        done++;
        note_latency(c->started_ns, now_ns());
    } else {
        failed++;
    }
    reopen(c);
}

static void on_once(struct connection *c, uint32_t events, uint64_t now) {
    (void)now;
    if (c->connecting) {
        if (events & (EPOLLERR | EPOLLHUP)) {
            finish(c, false);
            return;
        }
        c->connecting = false;
        if (send(c->fd, LAST_REQUEST, sizeof LAST_REQUEST - 1, MSG_NOSIGNAL) < 0) {
            finish(c, false);
            return;
        }
        watch(c, EPOLLIN, EPOLL_CTL_MOD);
        return;
    }
    ssize_t count = recv(c->fd, block, 8192, 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count > 0) {
        c->received += (uint32_t)count;
        return;
    }
    finish(c, count == 0 && c->received == sizeof ANSWER - 1);
}

static uint64_t once_each(uint64_t millis) {
    for (unsigned n = 0; n < connection_count; n++) reopen(&connections[n]);
    run(millis / 8, 10, on_once, NULL);
    warm = done;
    done = failed = 0;
    latency_count = 0;
    return run(millis, 10, on_once, NULL);
}

/* Bulk. */
static void on_download(struct connection *c, uint32_t events, uint64_t now) {
    (void)events;
    (void)now;
    ssize_t count = recv(c->fd, block, sizeof block, 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) fail("connection lost");
    done += (uint64_t)count;
}

static uint64_t download(uint64_t millis) {
    char wish = DOWNLOAD;
    open_all_streams();
    for (unsigned n = 0; n < connection_count; n++) {
        watch(&connections[n], EPOLLIN, EPOLL_CTL_ADD);
        send_all(&connections[n], &wish, 1);
    }
    run(millis / 8, 10, on_download, NULL);
    warm = done;
    done = 0;
    return run(millis, 10, on_download, NULL);
}

static void on_upload(struct connection *c, uint32_t events, uint64_t now) {
    (void)events;
    (void)now;
    ssize_t count = send(c->fd, block, sizeof block, MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN) fail("send");
}

/* The server tells how much it got: what is in buffers when the time is over counts, and so does the time it takes. */
static uint64_t upload(uint64_t millis) {
    uint64_t start = now_ns();
    memset(block, UPLOAD, sizeof block);
    open_all_streams();
    for (unsigned n = 0; n < connection_count; n++) watch(&connections[n], EPOLLOUT, EPOLL_CTL_ADD);
    run(millis, 10, on_upload, NULL);
    for (unsigned n = 0; n < connection_count; n++) shutdown(connections[n].fd, SHUT_WR);
    for (unsigned n = 0; n < connection_count; n++) {
        uint64_t octets = 0;
        fcntl(connections[n].fd, F_SETFL, 0);
        if (recv(connections[n].fd, &octets, sizeof octets, MSG_WAITALL) != sizeof octets) fail("no count");
        done += octets;
    }
    return now_ns() - start;
}

/* Datagrams: a few on their way on each socket; each that comes back sends another. */
static void send_datagrams(struct connection *c, int count) {
    static char octets[DATAGRAM_LENGTH];
    static struct iovec vector = {octets, sizeof octets};
    struct mmsghdr messages[WINDOW];
    memset(messages, 0, sizeof messages);
    for (int i = 0; i < count; i++) {
        messages[i].msg_hdr.msg_iov = &vector;
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    int sent = sendmmsg(c->fd, messages, (unsigned)count, 0);
    if (sent > 0) c->outstanding += sent;
}

static void on_datagrams(struct connection *c, uint32_t events, uint64_t now) {
    (void)events;
    static char octets[WINDOW][128];
    static struct iovec vectors[WINDOW];
    static struct mmsghdr messages[WINDOW];
    for (int i = 0; i < WINDOW; i++) {
        vectors[i] = (struct iovec){octets[i], sizeof octets[i]};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1};
    }
    int count = recvmmsg(c->fd, messages, WINDOW, MSG_DONTWAIT, NULL);
    if (count <= 0) return;
    done += (uint64_t)count;
    c->outstanding = c->outstanding > count ? c->outstanding - count : 0;
    c->heard_ns = now;
    send_datagrams(c, window - c->outstanding);
}

static void replace_lost(uint64_t now) {
    static uint64_t looked;
    if (now - looked < STALL_NS / 4) return;
    looked = now;
    for (unsigned n = 0; n < connection_count; n++) {
        struct connection *c = &connections[n];
        if (now - c->heard_ns > STALL_NS) {
            lost += (uint64_t)c->outstanding;
            c->outstanding = 0;
            c->heard_ns = now;
            send_datagrams(c, window);
        }
    }
}

static uint64_t datagrams(uint64_t millis) {
    for (unsigned n = 0; n < connection_count; n++) {
        struct connection *c = &connections[n];
        c->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
        if (c->fd < 0 || connect(c->fd, target_of(c), sizeof *targets) != 0) fail("connect");
        watch(c, EPOLLIN, EPOLL_CTL_ADD);
        c->heard_ns = now_ns();
        send_datagrams(c, window);
    }
    run(millis / 8, 5, on_datagrams, replace_lost);
    warm = done;
    done = lost = 0;
    return run(millis, 5, on_datagrams, replace_lost);
}

/* Connections that have been used once, and are then held until the end of the standard input. */
static uint64_t hold(void) {
    static char message[ECHO_LENGTH];
    uint64_t start = now_ns();
    memset(message, ECHO, sizeof message);
    for (unsigned n = 0; n < connection_count; n++) {
        struct connection *c = &connections[n];
        open_stream(c, 0);
        send_all(c, message, sizeof message);
        if (recv(c->fd, block, sizeof message, MSG_WAITALL) != sizeof message) fail("no echo");
        done++;
    }
    printf("holding\n");
    fflush(stdout);
    while (getchar() != EOF) {
    }
    return now_ns() - start;
}

int main(int argc, char **argv) {
    if (argc < 5 || argc > 4 + MOST_TARGETS) {
        fprintf(stderr, "usage: driver WORK MILLIS CONNECTIONS ADDRESS:PORT...\n");
        return 2;
    }
    const char *work = argv[1];
    uint64_t millis = strtoull(argv[2], NULL, 10);
    connection_count = (unsigned)atoi(argv[3]);
    for (int i = 4; i < argc; i++) {
        char *colon = strchr(argv[i], ':');
        if (colon == NULL) fail("no port");
        *colon = 0;
        targets[target_count++] = address_of(argv[i], (unsigned)atoi(colon + 1));
    }
    allow_all_descriptors();
    poller = epoll_create1(0);
    connections = calloc(connection_count, sizeof *connections);
    for (unsigned n = 0; n < connection_count; n++) connections[n].number = n;

    static char echo[ECHO_LENGTH];
    memset(echo, ECHO, sizeof echo);
    uint64_t elapsed;
    if (strcmp(work, "keepalive") == 0) elapsed = in_turn(millis, REQUEST, sizeof REQUEST - 1, sizeof ANSWER - 1);
    else if (strcmp(work, "latency") == 0) elapsed = in_turn(millis, echo, sizeof echo, sizeof echo);
    else if (strcmp(work, "connect") == 0) elapsed = once_each(millis);
    else if (strcmp(work, "download") == 0) elapsed = download(millis);
    else if (strcmp(work, "upload") == 0) elapsed = upload(millis);
    else if (strcmp(work, "udp") == 0) elapsed = datagrams(millis);
    else if (strcmp(work, "udp1") == 0) {
        window = 1;
        elapsed = datagrams(millis);
    } else if (strcmp(work, "idle") == 0) elapsed = hold();
    else {
        fprintf(stderr, "unknown work: %s\n", work);
        return 2;
    }
    report(elapsed);
    return 0;
}
