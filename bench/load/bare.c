/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bare ADDRESS PORT WAY BACKEND PORT [BACKEND PORT]...: a relay of nothing but its loop, one thread, to see what a way of moving octets is
 * worth. Half-closes are passed on; whatever fails ends both connections.
 *
 *   copy    a read when the kernel tells of octets, written at once
 *   splice  the same, and by splice(2) from LARGE octets on in one direction
 *   eager   as copy, and a read on the chance after each write to the same socket, and as soon as there is a connection
 *   late    as copy, but written when all sockets of the round have been read
 */
#include "net.h"

enum { EVENTS = 256, BLOCK = 64 * 1024, BLOCKS_AT_ONCE = 16, LARGE = 256 * 1024, PIPE = 256 * 1024, MOST_BACKENDS = 8 };

enum way { COPY, SPLICE, EAGER, LATE };

struct end {
    int fd;
    struct end *peer;
    bool connected, readable, ending, finished, told; /* ending: the kernel has told of a FIN, and tells only once */
    char *kept; /* what was read from the peer and is not written yet */
    size_t kept_from, kept_to;
    int pipe[2]; /* the same by splice; of no use while pipe[0] is 0 */
    size_t in_pipe;
    uint64_t moved;
    bool waits_for_flush;
    struct end *next; /* in the list of those to flush, or of those to free */
};

static char block[BLOCK];
static int poller, backend_count;
static enum way way;
static struct sockaddr_in backends[MOST_BACKENDS];
static struct end *to_flush, *to_free;

static void watch(struct end *e) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = e};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, e->fd, &event) != 0) fail("epoll_ctl");
}

static void drop(struct end *e) {
    if (e->fd < 0) return;
    close(e->fd);
    e->fd = -1;
    free(e->kept);
    e->kept = NULL;
    if (e->pipe[0] != 0) {
        close(e->pipe[0]);
        close(e->pipe[1]);
    }
    if (!e->waits_for_flush) {
        e->next = to_free;
        to_free = e;
    }
}

static void end_both(struct end *e) {
    struct end *peer = e->peer;
    drop(e);
    drop(peer);
}

static bool is_full(const struct end *e) {
    return e->kept_to > e->kept_from || e->in_pipe > 0;
}

static void pass_finish_on(struct end *from, struct end *to) {
    if (!from->finished || to->told || is_full(to)) return;
    to->told = true;
    shutdown(to->fd, SHUT_WR);
    if (to->finished) end_both(from);
}

/* Whether all that was kept for it is written. */
static bool flush(struct end *to) {
    while (to->in_pipe > 0) {
        ssize_t count = splice(to->pipe[0], NULL, to->fd, NULL, to->in_pipe, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
        if (count <= 0) {
            if (count == 0 || errno != EAGAIN) end_both(to);
            return false;
        }
        to->in_pipe -= (size_t)count;
    }
    while (to->kept_to > to->kept_from) {
        ssize_t count = send(to->fd, to->kept + to->kept_from, to->kept_to - to->kept_from, MSG_NOSIGNAL);
        if (count < 0) {
            if (errno != EAGAIN) end_both(to);
            return false;
        }
        to->kept_from += (size_t)count;
    }
    free(to->kept);
    to->kept = NULL;
    to->kept_from = to->kept_to = 0;
    return true;
}

static void keep(struct end *to, const char *octets, size_t count) {
    to->kept = malloc(count);
    if (to->kept == NULL) fail("malloc");
    memcpy(to->kept, octets, count);
    to->kept_to = count;
}

static void flush_later(struct end *to) {
    if (to->waits_for_flush) return;
    to->waits_for_flush = true;
    to->next = to_flush;
    to_flush = to;
}

/* Moves one piece; whether there may be more at once. */
static bool move_by_copy(struct end *from, struct end *to) {
    ssize_t count = recv(from->fd, block, sizeof block, 0);
    if (count < 0) {
        if (errno == EAGAIN) from->readable = false;
        else end_both(from);
        return false;
    }
    if (count == 0) {
        from->finished = true;
        from->readable = false;
        return false;
    }
    to->moved += (uint64_t)count;
    if (count < BLOCK && !from->ending) from->readable = false;
    if (way == LATE) {
        keep(to, block, (size_t)count);
        flush_later(to);
        return false;
    }
    ssize_t sent = send(to->fd, block, (size_t)count, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) {
        end_both(to);
        return false;
    }
    if (sent < count) keep(to, block + (sent < 0 ? 0 : sent), (size_t)(count - (sent < 0 ? 0 : sent)));
    return sent == count && from->readable;
}

static bool move_by_splice(struct end *from, struct end *to) {
    if (to->pipe[0] == 0) {
        if (pipe2(to->pipe, O_NONBLOCK | O_CLOEXEC) != 0) fail("pipe2");
        fcntl(to->pipe[0], F_SETPIPE_SZ, PIPE);
    }
    ssize_t count = splice(from->fd, NULL, to->pipe[1], NULL, PIPE, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (count <= 0) {
        if (count < 0 && errno != EAGAIN) end_both(from);
        else from->readable = false;
        from->finished |= count == 0;
        return false;
    }
    to->in_pipe += (size_t)count;
    return flush(to);
}

static void move(struct end *from, struct end *to) {
    if (!to->connected || !from->connected) return;
    for (int i = 0; i < BLOCKS_AT_ONCE && from->fd >= 0 && from->readable && !is_full(to); i++) {
        bool more = way == SPLICE && to->moved >= LARGE ? move_by_splice(from, to) : move_by_copy(from, to);
        if (!more) break;
    }
    if (from->fd < 0) return;
    if (from->readable && !is_full(to)) {
        /* The turn of the others: to be told again. */
        struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = from};
        epoll_ctl(poller, EPOLL_CTL_MOD, from->fd, &event);
    }
    pass_finish_on(from, to);
}

static struct end *new_end(int fd) {
    struct end *e = calloc(1, sizeof *e);
    if (e == NULL) fail("calloc");
    e->fd = fd;
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    return e;
}

static void take(int fd) {
    static unsigned turn;
    int other = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (other < 0) fail("socket");
    struct end *client = new_end(fd), *server = new_end(other);
    client->peer = server;
    server->peer = client;
    client->connected = true;
    struct sockaddr_in *to = &backends[turn++ % (unsigned)backend_count];
    if (connect(other, (struct sockaddr *)to, sizeof *to) != 0 && errno != EINPROGRESS) {
        end_both(client);
        return;
    }
    watch(client);
    watch(server);
}

static void on_events(struct end *e, uint32_t events) {
    if (e->fd < 0) return;
    struct end *peer = e->peer;
    if (events & EPOLLERR) {
        end_both(e);
        return;
    }
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP)) e->readable = true;
    if (events & (EPOLLRDHUP | EPOLLHUP)) e->ending = true;
    if ((events & EPOLLOUT) && !e->connected) {
        e->connected = true;
        if (way == EAGER) e->readable = peer->readable = true;
        move(peer, e);
    } else if ((events & EPOLLOUT) && is_full(e) && flush(e)) {
        move(peer, e);
    }
    if (e->fd < 0) return;
    move(e, peer);
    if (way == EAGER && e->fd >= 0) {
        peer->readable = true;
        move(peer, e);
    }
}

static void after_round(void) {
    struct end *due = to_flush;
    to_flush = NULL;
    while (due != NULL) {
        struct end *e = due;
        due = e->next;
        e->waits_for_flush = false;
        if (e->fd < 0) {
            e->next = to_free;
            to_free = e;
        } else if (flush(e)) {
            move(e->peer, e);
        }
    }
    while (to_free != NULL) {
        struct end *e = to_free;
        to_free = e->next;
        free(e);
    }
}

static enum way way_of(const char *word) {
    static const char *words[] = {"copy", "splice", "eager", "late"};
    for (unsigned i = 0; i < 4; i++) {
        if (strcmp(word, words[i]) == 0) return (enum way)i;
    }
    fprintf(stderr, "way: %s (expected: copy, splice, eager or late)\n", word);
    exit(2);
}

int main(int argc, char **argv) {
    if (argc < 6 || argc % 2 != 0 || argc > 4 + 2 * MOST_BACKENDS) {
        fprintf(stderr, "usage: bare ADDRESS PORT WAY BACKEND PORT [BACKEND PORT]...\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    allow_all_descriptors();
    way = way_of(argv[3]);
    for (int i = 4; i < argc; i += 2) backends[backend_count++] = address_of(argv[i], (unsigned)atoi(argv[i + 1]));
    struct sockaddr_in own = address_of(argv[1], (unsigned)atoi(argv[2]));
    int listening = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    set_option(listening, SOL_SOCKET, SO_REUSEADDR, 1);
    if (bind(listening, (struct sockaddr *)&own, sizeof own) != 0) fail("bind");
    if (listen(listening, 4096) != 0) fail("listen");
    poller = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, listening, &event) != 0) fail("epoll_ctl");
    for (;;) {
        struct epoll_event events[EVENTS];
        int count = epoll_wait(poller, events, EVENTS, to_flush == NULL ? -1 : 0);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr != NULL) {
                on_events(events[i].data.ptr, events[i].events);
                continue;
            }
            int fd;
            while ((fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) take(fd);
        }
        after_round();
    }
}
