// SPDX-License-Identifier: Apache-2.0
/*
 * page_dump create FILE   makes an empty page, as the guard does, in a file
 * page_dump FILE          prints a page, of a file or of a running daemon (/proc/PID/fd/N)
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "page.h"

static _Noreturn void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void create(const char *path)
{
    int from = page_create();
    int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    struct page *page = from < 0 ? NULL : page_map(from);
    if (page == NULL || to < 0) {
        fail(path);
    }
    for (size_t done = 0; done < sizeof *page;) {
        ssize_t written = write(to, (const char *)page + done, sizeof *page - done);
        if (written < 0) {
            fail(path);
        }
        done += (size_t)written;
    }
}

static void print_record(const struct record *record)
{
    char address[INET6_ADDRSTRLEN];
    if (record->kind == RECORD_ADDRESS) {
        inet_ntop(record->length == 4 ? AF_INET : AF_INET6, record->payload, address, sizeof address);
        printf("address %u %s %s/%u\n", record->interface_index, record->interface_name, address,
            record->prefix_length);
        return;
    }
    if (record->kind == RECORD_LINK) {
        printf("link %u %s\n", record->interface_index, record->interface_name);
        return;
    }
    if (record->kind == RECORD_ADVERTISEMENT) {
        printf("advertisement %u turn %u %u %s ", record->voice, record->turn, record->interface_index,
            record->interface_name);
    } else {
        printf("datagram %u %s ", record->interface_index, record->interface_name);
    }
    for (int i = 0; i < record->length; i++) {
        printf("%02x", record->payload[i]);
    }
    putchar('\n');
}

static void print_voices(struct page *page)
{
    for (int i = 0; i < VOICES; i++) {
        struct voice *voice = &page->voices[i];
        if (atomic_load(&voice->interval) != 0) {
            printf("voice %d interval %" PRId64 " due %" PRId64 " spoken %" PRIu64 " at %" PRId64 "\n", i,
                atomic_load(&voice->interval), atomic_load(&voice->due), atomic_load(&voice->spoken),
                atomic_load(&voice->spoken_at));
        }
    }
}

static void dump(const char *path)
{
    static const char *const states[] = {"complete", "damaged", "busy"};
    static struct held held;
    struct record record;
    struct timespec now;
    size_t offset = 0;
    int file = open(path, O_RDWR | O_CLOEXEC);
    struct page *page = file < 0 ? NULL : page_map(file);
    if (page == NULL) {
        fail(path);
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    enum page_state state = page_read(page, &held);
    printf("now %" PRId64 "\n", (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
    printf("lease %" PRId64 "\n", atomic_load(&page->lease));
    printf("fence %u reason %u at %" PRId64 " late %" PRId64 "\n", atomic_load(&page->fence_count),
        atomic_load(&page->fence_reason), atomic_load(&page->fenced_at), atomic_load(&page->fenced_late_by));
    print_voices(page);
    printf("generation %" PRIu64 " %s %u records\n", atomic_load(&page->generation), states[state], held.count);
    while (held_next(&held, &offset, &record)) {
        print_record(&record);
    }
}

int main(int count, char *arguments[])
{
    if (count == 3 && strcmp(arguments[1], "create") == 0) {
        create(arguments[2]);
    } else if (count == 2) {
        dump(arguments[1]);
    } else {
        fprintf(stderr, "usage: page_dump [create] FILE\n");
        return 2;
    }
    return 0;
}
