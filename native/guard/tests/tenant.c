// SPDX-License-Identifier: Apache-2.0
/* Stands in for the daemon: holds what it is told to hold, renews its lease, and says what happens to it. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <getopt.h>
#include <net/if.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "writer.h"

struct plan {
    long lease_millis; /* 0: never arms */
    long beat_millis;
    long beats;        /* then it stops renewing; 0: never */
    long interval_millis; /* of advertisements that it only pretends to send; 0: none */
    long adverts;         /* after so many it forgets to; 0: never */
    int exit_status;   /* of a tenant that leaves after its beats without handing over; -1: it stays */
    int abandon; /* after its beats the thread that renews ends, and the rest stays */
    int acknowledge;
    int scribble; /* what it does to the page after it has published its list */
};

enum { NOTHING, HALF_WRITTEN, BAD_MAGIC, WILD_COUNT, WILD_OCTETS, WILD_LENGTH };

static volatile sig_atomic_t terminated;

static void on_terminate(int number)
{
    terminated = number;
}

static void on_report(int number)
{
    const char *text = number == SIGINT ? "got SIGINT\n" : number == SIGHUP ? "got SIGHUP\n" : "got SIGQUIT\n";
    ssize_t written = write(STDOUT_FILENO, text, strlen(text));
    (void)written;
}

static void *sleep_forever(void *nothing)
{
    for (;;) {
        pause();
    }
    return nothing;
}

static int64_t now_nanos(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static _Noreturn void fail(const char *what)
{
    perror(what);
    exit(1);
}

static struct page *open_page(void)
{
    const char *path = getenv("MAINSTAY_GUARD_PAGE");
    int file = open(path == NULL ? "MAINSTAY_GUARD_PAGE is not set" : path, O_RDWR | O_CLOEXEC);
    struct page *page = file < 0 ? NULL : page_map(file);
    if (page == NULL) {
        fail("page");
    }
    return page;
}

/* NAME,ADDRESS,LENGTH */
static void hold(struct writer *writer, char *text)
{
    unsigned char octets[16];
    char *name = strtok(text, ",");
    char *address = strtok(NULL, ",");
    long length = strtol(strtok(NULL, ","), NULL, 10);
    int family = strchr(address, ':') == NULL ? AF_INET : AF_INET6;
    if (inet_pton(family, address, octets) != 1) {
        fail(address);
    }
    writer_record(writer, RECORD_ADDRESS, if_nametoindex(name), (uint8_t)length, name, octets,
        family == AF_INET ? 4 : 16);
}

static void lower(struct writer *writer, const char *name)
{
    writer_record(writer, RECORD_LINK, if_nametoindex(name), 0, name, (const unsigned char *)"", 0);
}

/* NAME,HEX, or of an advertisement NAME,HEX,TURN */
static void datagram(struct writer *writer, uint16_t kind, char *text)
{
    unsigned char octets[2048];
    char *name = strtok(text, ",");
    char *hex = strtok(NULL, ",");
    const char *turn = strtok(NULL, ",");
    uint32_t detail = turn == NULL ? 0 : (uint32_t)strtoul(turn, NULL, 10) << 16;
    size_t length = strlen(hex) / 2;
    for (size_t i = 0; i < length && i < sizeof octets; i++) {
        char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        octets[i] = (unsigned char)strtoul(pair, NULL, 16);
    }
    writer_record(writer, kind, if_nametoindex(name), detail, name, octets, (uint16_t)length);
}

static void scribble(struct writer *writer, int kind)
{
    unsigned char *current = slot_of(writer->page, atomic_load(&writer->page->generation));
    switch (kind) {
    case HALF_WRITTEN: /* the next list, begun and never published */
        memset(writer_slot(writer), 0xEE, 100);
        break;
    case BAD_MAGIC:
        memset(writer->page->magic, 'X', sizeof writer->page->magic);
        break;
    case WILD_COUNT:
        memset(current, 0xFF, 4);
        break;
    case WILD_OCTETS:
        memset(current, 0xFF, 8);
        break;
    case WILD_LENGTH: /* of the first record */
        memset(current + SLOT_HEAD_OCTETS + 4 + 2, 0xFF, 2);
        break;
    default:
        break;
    }
}

static void acknowledge(struct writer *writer, int64_t *lease)
{
    int64_t fenced = LEASE_FENCED;
    writer_publish(writer);
    if (atomic_compare_exchange_strong(&writer->page->lease, &fenced, LEASE_DISARMED)) {
        *lease = LEASE_DISARMED;
        puts("acknowledged");
    }
}

/* Says that it has just advertised, and that the next one is overdue after one interval and a half. */
static void advertise(struct writer *writer, const struct plan *plan)
{
    struct voice *voice = &writer->page->voices[0];
    if (plan->interval_millis > 0) {
        atomic_store(&voice->interval, plan->interval_millis * 1000000);
        atomic_store(&voice->due, now_nanos() + plan->interval_millis * 1500000);
    }
}

static void beat(struct writer *writer, const struct plan *plan, int64_t *lease)
{
    int64_t expected = *lease;
    int64_t next = now_nanos() + plan->lease_millis * 1000000;
    if (plan->lease_millis == 0) {
        return;
    }
    if (atomic_compare_exchange_strong(&writer->page->lease, &expected, next)) {
        *lease = next;
    } else if (expected == LEASE_FENCED && *lease != LEASE_FENCED) {
        *lease = LEASE_FENCED;
        printf("fenced reason %u\n", atomic_load(&writer->page->fence_reason));
        if (plan->acknowledge) {
            acknowledge(writer, lease);
        }
    }
}

struct run {
    struct writer *writer;
    const struct plan *plan;
};

static void *speak(void *given)
{
    struct writer *writer = ((struct run *)given)->writer;
    const struct plan *plan = ((struct run *)given)->plan;
    int64_t lease = LEASE_DISARMED;
    struct timespec pause = {.tv_sec = plan->beat_millis / 1000, .tv_nsec = plan->beat_millis % 1000 * 1000000};
    atomic_store(&writer->page->speaker, (uint32_t)gettid());
    beat(writer, plan, &lease);
    advertise(writer, plan);
    puts("ready");
    for (long beats = 1; !terminated; beats++) {
        nanosleep(&pause, NULL);
        if (plan->adverts == 0 || beats < plan->adverts) {
            advertise(writer, plan);
        }
        if (plan->beats == 0 || beats < plan->beats) {
            beat(writer, plan, &lease);
            continue;
        }
        if (beats == plan->beats) {
            puts("last beat");
        }
        if (plan->exit_status >= 0) {
            exit(plan->exit_status);
        } else if (plan->abandon) {
            return NULL;
        }
    }
    puts("terminated");
    writer_publish(writer); /* an empty list: it has handed over */
    exit(0);
}

static void start_threads(long threads, size_t megabytes)
{
    pthread_t thread;
    for (long i = 0; i < threads; i++) {
        if (pthread_create(&thread, NULL, sleep_forever, NULL) != 0) {
            fail("thread");
        }
    }
    /* Touched at once, as a heap in use. */
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;
    if (megabytes > 0 && mmap(NULL, megabytes << 20, PROT_READ | PROT_WRITE, flags, -1, 0) == MAP_FAILED) {
        fail("memory");
    }
}

int main(int count, char *arguments[])
{
    static const struct option known[] = {
        {"hold", required_argument, NULL, 'h'},     {"resign", required_argument, NULL, 'r'},
        {"lease", required_argument, NULL, 'l'},    {"beat", required_argument, NULL, 'b'},
        {"beats", required_argument, NULL, 'n'},    {"exit", required_argument, NULL, 'x'},
        {"threads", required_argument, NULL, 't'},  {"memory", required_argument, NULL, 'm'},
        {"scribble", required_argument, NULL, 's'}, {"acknowledge", no_argument, NULL, 'a'},
        {"abandon", no_argument, NULL, 'd'},        {"advertise", required_argument, NULL, 'v'},
        {"interval", required_argument, NULL, 'i'}, {"adverts", required_argument, NULL, 'o'},
        {"lower", required_argument, NULL, 'k'},    {NULL, 0, NULL, 0},
    };
    struct writer writer = {.page = open_page()};
    struct plan plan = {.beat_millis = 10, .exit_status = -1};
    long threads = 0;
    size_t megabytes = 0;
    int option;
    pthread_t thread;
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGTERM, on_terminate);
    signal(SIGINT, on_report);
    signal(SIGHUP, on_report);
    signal(SIGQUIT, on_report);
    while ((option = getopt_long(count, arguments, "", known, NULL)) != -1) {
        long number = optarg == NULL ? 0 : strtol(optarg, NULL, 10);
        switch (option) {
        case 'h': hold(&writer, optarg); break;
        case 'r': datagram(&writer, RECORD_DATAGRAM, optarg); break;
        case 'v': datagram(&writer, RECORD_ADVERTISEMENT, optarg); break;
        case 'k': lower(&writer, optarg); break;
        case 'i': plan.interval_millis = number; break;
        case 'o': plan.adverts = number; break;
        case 'l': plan.lease_millis = number; break;
        case 'b': plan.beat_millis = number; break;
        case 'n': plan.beats = number; break;
        case 'x': plan.exit_status = (int)number; break;
        case 't': threads = number; break;
        case 'm': megabytes = (size_t)number; break;
        case 's': plan.scribble = (int)number; break;
        case 'a': plan.acknowledge = 1; break;
        case 'd': plan.abandon = 1; break;
        default: return 2;
        }
    }
    writer_publish(&writer);
    scribble(&writer, plan.scribble);
    start_threads(threads, megabytes);
    struct run run = {.writer = &writer, .plan = &plan};
    if (pthread_create(&thread, NULL, speak, &run) != 0) {
        fail("thread");
    }
    sleep_forever(NULL);
}
