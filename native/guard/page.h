// SPDX-License-Identifier: Apache-2.0
/*
 * The memory that the guard shares with the daemon. README.md has the layout as a table; the Java side of it is
 * io.mainstay.kernel.linux.GuardPageLayout. All integers are in the byte order of the host.
 */
#ifndef MAINSTAY_GUARD_PAGE_H
#define MAINSTAY_GUARD_PAGE_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_MAGIC "MSGUARD1"
#define PAGE_VERSION 3u

enum {
    SLOT_OCTETS = 512 * 1024,
    SLOT_HEAD_OCTETS = 8,
    RECORD_HEAD_OCTETS = 32,
    RECORD_ALIGNMENT = 8,
    INTERFACE_NAME_OCTETS = 16,
    EVERY_TURN = 0,
    VOICES = 1920
};

/* Values of the lease that are no deadlines. */
#define LEASE_DISARMED INT64_C(0)
#define LEASE_FENCED INT64_C(1)

enum fence_reason {
    FENCE_DEADLINE = 1, /* the daemon did not renew its lease in time */
    FENCE_STALL = 2,    /* likewise, but the guard woke late too: the whole machine stood still */
    FENCE_SUSPEND = 3,  /* the machine was suspended for longer than the lease ran */
    FENCE_EXIT = 4,     /* the daemon ended, or the thread that renews its lease */
    FENCE_STOPPED = 5   /* the daemon was stopped by a signal */
};

/* One virtual router that advertises. The guard stands in for a daemon whose advertisement is overdue. */
struct voice {
    /*
     * CLOCK_MONOTONIC nanoseconds from which the guard is to advertise; 0: never. The daemon writes it after each
     * advertisement of its own; the guard moves it on by compare-and-swap, so that the daemon's word always counts.
     */
    alignas(32) _Atomic int64_t due;
    /* Written by the daemon before `due`: nanoseconds between two advertisements. */
    _Atomic int64_t interval;
    /* Written by the guard: when it last advertised, and then how often it has. */
    _Atomic int64_t spoken_at;
    _Atomic uint64_t spoken;
};

/*
 * The number of a voice's turn when it has spoken so often before: 1 to 65535, and from the start again. A message that is
 * signed is believed once, so the daemon lays one ready for each turn.
 */
static inline uint16_t turn_after(uint64_t spoken)
{
    return (uint16_t)(spoken % UINT16_MAX + 1);
}

struct page {
    char magic[8];
    uint32_t version;
    uint32_t size;
    uint32_t slot_offset;
    uint32_t slot_octets;
    /* CLOCK_MONOTONIC nanoseconds until which the daemon may speak. Both sides change it by compare-and-swap only. */
    alignas(64) _Atomic int64_t lease;
    /* Written by the daemon. Slot generation & 1 holds its last complete list; it writes only into the other one. */
    alignas(64) _Atomic uint64_t generation;
    /* Written by the daemon: the kernel's number of the thread that renews the lease; 0: none yet. */
    _Atomic uint32_t speaker;
    /* Written by the guard before it sets the lease to LEASE_FENCED. */
    alignas(64) _Atomic int64_t fenced_at;
    _Atomic int64_t fenced_late_by;
    _Atomic uint32_t fence_reason;
    _Atomic uint32_t fence_count;
    alignas(4096) struct voice voices[VOICES];
    alignas(4096) _Atomic uint64_t slots[2][SLOT_OCTETS / sizeof(uint64_t)];
};

_Static_assert(offsetof(struct page, version) == 8, "layout");
_Static_assert(offsetof(struct page, size) == 12, "layout");
_Static_assert(offsetof(struct page, slot_offset) == 16, "layout");
_Static_assert(offsetof(struct page, slot_octets) == 20, "layout");
_Static_assert(offsetof(struct page, lease) == 64, "layout");
_Static_assert(offsetof(struct page, generation) == 128, "layout");
_Static_assert(offsetof(struct page, speaker) == 136, "layout");
_Static_assert(offsetof(struct page, fenced_at) == 192, "layout");
_Static_assert(offsetof(struct page, fenced_late_by) == 200, "layout");
_Static_assert(offsetof(struct page, fence_reason) == 208, "layout");
_Static_assert(offsetof(struct page, fence_count) == 212, "layout");
_Static_assert(sizeof(struct voice) == 32, "layout");
_Static_assert(offsetof(struct page, voices) == 4096, "layout");
_Static_assert(offsetof(struct page, slots) == 65536, "layout");
_Static_assert(sizeof(struct page) == 65536 + 2 * SLOT_OCTETS, "layout");

enum record_kind {
    RECORD_ADDRESS = 1, /* payload: 4 or 16 octets of an address that is to be taken off the interface */
    RECORD_DATAGRAM = 2, /* payload: a whole IP datagram that is to be sent out of the interface */
    RECORD_ADVERTISEMENT = 3, /* likewise, but while the daemon holds its lease, whenever its voice is overdue */
    RECORD_LINK = 4 /* no payload: an interface with a virtual MAC address that is to be set down */
};

/* One thing to be done for the daemon: when it is fenced, or of an advertisement, before. */
struct record {
    enum record_kind kind;
    uint32_t interface_index;
    uint8_t prefix_length; /* of an address */
    uint16_t voice;        /* of an advertisement */
    uint16_t turn;         /* of an advertisement: for which turn of its voice it is meant; EVERY_TURN: for each */
    uint16_t length;
    char interface_name[INTERFACE_NAME_OCTETS + 1];
    const unsigned char *payload;
};

/* The guard's own copy of a slot: what is checked in it cannot change afterwards. */
struct held {
    uint32_t octets;
    uint32_t count;
    unsigned char records[SLOT_OCTETS - SLOT_HEAD_OCTETS];
};

enum page_state {
    PAGE_COMPLETE,
    PAGE_DAMAGED, /* held has the records before the damage, none if the head of the page is damaged */
    PAGE_BUSY     /* the daemon rewrote the list on every attempt; held is empty */
};

/*
 * Makes a page of the right size, its head filled in, in memory that can be neither shrunk nor grown.
 * Returns its descriptor (close-on-exec, mode 0600), or -1 with errno set.
 */
int page_create(void);

/* Maps a page made by page_create; NULL with errno set on failure. */
struct page *page_map(int descriptor);

/* Copies the last complete list of the page. */
enum page_state page_read(const struct page *page, struct held *held);

/* Steps through a copy, starting from *offset 0. False at the end, and at the first record that is not well formed. */
bool held_next(const struct held *held, size_t *offset, struct record *record);

#endif
