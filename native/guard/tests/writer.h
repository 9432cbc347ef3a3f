// SPDX-License-Identifier: Apache-2.0
/* The daemon's side of the page, for the test programs. */
#ifndef MAINSTAY_GUARD_TESTS_WRITER_H
#define MAINSTAY_GUARD_TESTS_WRITER_H

#include <stdlib.h>
#include <string.h>

#include "page.h"

struct writer {
    struct page *page;
    uint32_t count;
    uint32_t octets;
};

static inline unsigned char *slot_of(struct page *page, uint64_t generation)
{
    return (unsigned char *)page + offsetof(struct page, slots) + (generation & 1) * SLOT_OCTETS;
}

/* The slot of the list to come. */
static inline unsigned char *writer_slot(struct writer *writer)
{
    return slot_of(writer->page, atomic_load(&writer->page->generation) + 1);
}

static inline void writer_record(struct writer *writer, uint16_t kind, uint32_t interface_index, uint32_t detail,
    const char *interface_name, const unsigned char *payload, uint16_t length)
{
    unsigned char *record = writer_slot(writer) + SLOT_HEAD_OCTETS + writer->octets;
    uint32_t padded = ((uint32_t)length + RECORD_ALIGNMENT - 1) / RECORD_ALIGNMENT * RECORD_ALIGNMENT;
    uint32_t octets = RECORD_HEAD_OCTETS + padded;
    if (writer->octets + octets > SLOT_OCTETS - SLOT_HEAD_OCTETS) {
        abort();
    }
    memset(record, 0, octets);
    memcpy(record, &octets, sizeof octets);
    memcpy(record + 4, &kind, sizeof kind);
    memcpy(record + 6, &length, sizeof length);
    memcpy(record + 8, &interface_index, sizeof interface_index);
    memcpy(record + 12, &detail, sizeof detail); /* the prefix length of an address, the turn of an advertisement */
    memcpy(record + 16, interface_name, strnlen(interface_name, INTERFACE_NAME_OCTETS));
    memcpy(record + RECORD_HEAD_OCTETS, payload, length);
    writer->octets += octets;
    writer->count++;
}

static inline void writer_publish(struct writer *writer)
{
    unsigned char *slot = writer_slot(writer);
    memcpy(slot, &writer->count, sizeof writer->count);
    memcpy(slot + 4, &writer->octets, sizeof writer->octets);
    atomic_fetch_add(&writer->page->generation, 1);
    atomic_thread_fence(memory_order_seq_cst); /* no store into the next slot may be seen before this one */
    writer->count = 0;
    writer->octets = 0;
}

#endif
