/* SPDX-License-Identifier: Apache-2.0 */
/* What the two ends of `./dev bench relay` agree on, and the system calls that both need. */
#ifndef BENCH_NET_H
#define BENCH_NET_H

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* The first octet that a client sends says what it wants. */
enum {
    ASK = 'G',      /* HTTP: an answer to each request; the connection is closed after one for /close */
    DOWNLOAD = 'D', /* octets without end */
    UPLOAD = 'U',   /* octets until the FIN, then their number in 8 octets */
    ECHO = 'P',     /* every octet comes back */
};

#define REQUEST "GET / HTTP/1.1\r\nHost: bench\r\nUser-Agent: mainstay-bench\r\nAccept: */*\r\n\r\n"
#define LAST_REQUEST "GET /close HTTP/1.1\r\nHost: bench\r\nUser-Agent: mainstay-bench\r\nAccept: */*\r\n\r\n"
#define ANSWER_HEAD "HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: text/plain\r\nContent-Length: 128\r\n\r\n"
#define ANSWER_BODY "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\n"
#define ANSWER ANSWER_HEAD ANSWER_BODY

enum { ECHO_LENGTH = 1024, BULK_LENGTH = 256 * 1024, BATCH = 32, DATAGRAM_LENGTH = 64 };

static inline _Noreturn void fail(const char *what) {
    perror(what);
    exit(1);
}

static inline uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline struct sockaddr_in address_of(const char *host, unsigned port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (port == 0 || port > 65535 || inet_pton(AF_INET, host, &address.sin_addr) != 1) {
        fprintf(stderr, "address: %s:%u (expected: IPv4 and a port)\n", host, port);
        exit(2);
    }
    return address;
}

static inline void set_option(int fd, int level, int option, int value) {
    if (setsockopt(fd, level, option, &value, sizeof value) != 0) fail("setsockopt");
}

static inline void allow_all_descriptors(void) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

#endif
