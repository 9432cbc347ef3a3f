// SPDX-License-Identifier: Apache-2.0
#include "page.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A daemon that changes its list this often while it is being read is not the one that stalled. */
enum { READ_ATTEMPTS = 1000 };

int page_create(void)
{
    int descriptor = memfd_create("mainstay-guard", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (descriptor < 0) {
        return -1;
    }
    /* The seals keep a stray truncation from turning the guard's next read into a SIGBUS. */
    bool sized = fchmod(descriptor, S_IRUSR | S_IWUSR) == 0
        && ftruncate(descriptor, (off_t)sizeof(struct page)) == 0
        && fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0;
    struct page *page = sized ? page_map(descriptor) : NULL;
    if (page == NULL) {
        int reason = errno;
        close(descriptor);
        errno = reason;
        return -1;
    }
    memcpy(page->magic, PAGE_MAGIC, sizeof page->magic);
    page->version = PAGE_VERSION;
    page->size = (uint32_t)sizeof *page;
    page->slot_offset = (uint32_t)offsetof(struct page, slots);
    page->slot_octets = SLOT_OCTETS;
    munmap(page, sizeof *page);
    return descriptor;
}

struct page *page_map(int descriptor)
{
    void *memory = mmap(NULL, sizeof(struct page), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static bool head_is_intact(const struct page *page)
{
    return memcmp(page->magic, PAGE_MAGIC, sizeof page->magic) == 0 && page->version == PAGE_VERSION
        && page->size == sizeof *page && page->slot_offset == offsetof(struct page, slots)
        && page->slot_octets == SLOT_OCTETS;
}

/* Returns the number of records that the slot claims to have; held->count is left for check_records. */
static uint32_t copy_slot(const _Atomic uint64_t *slot, struct held *held)
{
    uint64_t head = atomic_load_explicit(&slot[0], memory_order_relaxed);
    uint32_t claims[2]; /* number of records, octets of all records */
    _Static_assert(sizeof claims == sizeof head, "a slot starts with two 32 bit words");
    memcpy(claims, &head, sizeof head);
    held->octets = claims[1] > sizeof held->records ? (uint32_t)sizeof held->records : claims[1];
    for (uint32_t offset = 0; offset < held->octets; offset += (uint32_t)sizeof(uint64_t)) {
        size_t index = (SLOT_HEAD_OCTETS + offset) / sizeof(uint64_t);
        uint64_t word = atomic_load_explicit(&slot[index], memory_order_relaxed);
        memcpy(held->records + offset, &word, sizeof word);
    }
    return claims[0];
}

static enum page_state check_records(struct held *held, uint32_t claimed)
{
    size_t offset = 0;
    struct record record;
    held->count = 0;
    while (held->count < claimed && held_next(held, &offset, &record)) {
        held->count++;
    }
    bool whole = held->count == claimed && offset == held->octets;
    held->octets = (uint32_t)offset;
    return whole ? PAGE_COMPLETE : PAGE_DAMAGED;
}

enum page_state page_read(const struct page *page, struct held *held)
{
    held->octets = 0;
    held->count = 0;
    if (!head_is_intact(page)) {
        return PAGE_DAMAGED;
    }
    for (int attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
        uint64_t generation = atomic_load_explicit(&page->generation, memory_order_acquire);
        uint32_t claimed = copy_slot(page->slots[generation & 1], held);
        atomic_thread_fence(memory_order_acquire);
        /* As long as the generation stands, the daemon writes into the other slot only, so this copy is whole. */
        if (atomic_load_explicit(&page->generation, memory_order_relaxed) == generation) {
            return check_records(held, claimed);
        }
    }
    held->octets = 0;
    return PAGE_BUSY;
}

static uint16_t read16(const unsigned char *octets)
{
    uint16_t value;
    memcpy(&value, octets, sizeof value);
    return value;
}

static uint32_t read32(const unsigned char *octets)
{
    uint32_t value;
    memcpy(&value, octets, sizeof value);
    return value;
}

static bool is_address(const struct record *record)
{
    bool known = record->length == 4 || record->length == 16;
    return known && record->prefix_length >= 1 && record->prefix_length <= 8 * record->length;
}

static bool is_datagram(const struct record *record)
{
    if (record->length == 0) {
        return false;
    }
    unsigned version = record->payload[0] >> 4;
    return (version == 4 && record->length >= 20) || (version == 6 && record->length >= 40);
}

/* Of this kind, as far as its fields allow it. */
static bool is_well_formed(struct record *record, uint16_t kind)
{
    switch (kind) {
    case RECORD_ADDRESS:
        record->kind = RECORD_ADDRESS;
        return is_address(record);
    case RECORD_DATAGRAM:
        record->kind = RECORD_DATAGRAM;
        return is_datagram(record);
    case RECORD_ADVERTISEMENT:
        record->kind = RECORD_ADVERTISEMENT;
        return is_datagram(record) && record->voice < VOICES;
    case RECORD_LINK:
        record->kind = RECORD_LINK;
        return record->length == 0 && record->interface_index > 0;
    default:
        return false;
    }
}

bool held_next(const struct held *held, size_t *offset, struct record *record)
{
    size_t left = held->octets - *offset;
    if (left < RECORD_HEAD_OCTETS) {
        return false;
    }
    const unsigned char *head = held->records + *offset;
    uint32_t octets = read32(head);
    if (octets < RECORD_HEAD_OCTETS || octets > left || octets % RECORD_ALIGNMENT != 0) {
        return false;
    }
    record->length = read16(head + 6);
    if (record->length > octets - RECORD_HEAD_OCTETS) {
        return false;
    }
    record->interface_index = read32(head + 8);
    record->prefix_length = head[12];
    uint32_t turn = read32(head + 12);
    record->voice = (uint16_t)turn;
    record->turn = (uint16_t)(turn >> 16);
    memcpy(record->interface_name, head + 16, INTERFACE_NAME_OCTETS);
    record->interface_name[INTERFACE_NAME_OCTETS] = '\0';
    record->payload = head + RECORD_HEAD_OCTETS;
    if (!is_well_formed(record, read16(head + 4))) {
        return false;
    }
    *offset += octets;
    return true;
}
