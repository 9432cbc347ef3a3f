// SPDX-License-Identifier: Apache-2.0
/* The parts that decide without a kernel: reading a page, whatever stands in it, and judging a lease. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "lease.h"
#include "stand_in.h"
#include "writer.h"

static struct page *page;
static struct held held; /* a static object: AddressSanitizer puts red zones around it */
static struct writer writer;
static int passed;
static int failed;

static const int64_t SECOND = 1000000000;
static const int64_t MILLI = 1000000;
/* Long enough that the scheduler interrupts each side often, even on one processor. */
static const int64_t RACE_NANOS = 1500000000;
static const unsigned char ADDRESS[4] = {198, 18, 0, 10};

static void expect(bool holds, const char *sentence)
{
    if (holds) {
        passed++;
    } else {
        failed++;
        printf("FAILED %s\n", sentence);
    }
}

/* On the heap, so that AddressSanitizer notices a read behind its end. */
static void fresh_page(void)
{
    free(page);
    page = aligned_alloc(4096, sizeof *page);
    if (page == NULL) {
        abort();
    }
    memset(page, 0, sizeof *page);
    memcpy(page->magic, PAGE_MAGIC, sizeof page->magic);
    page->version = PAGE_VERSION;
    page->size = sizeof *page;
    page->slot_offset = offsetof(struct page, slots);
    page->slot_octets = SLOT_OCTETS;
    writer = (struct writer){.page = page};
}

static void write_address(unsigned char last)
{
    unsigned char octets[4] = {198, 18, 0, last};
    writer_record(&writer, RECORD_ADDRESS, 7, 24, "eth0", octets, sizeof octets);
}

static unsigned char *current_slot(void)
{
    return slot_of(page, atomic_load(&page->generation));
}

static void put16(size_t offset, uint16_t value)
{
    memcpy(current_slot() + offset, &value, sizeof value);
}

static void put32(size_t offset, uint32_t value)
{
    memcpy(current_slot() + offset, &value, sizeof value);
}

static void read_what_was_written(void)
{
    struct record record;
    size_t offset = 0;
    unsigned char datagram[28] = {0x45};
    fresh_page();
    expect(page_read(page, &held) == PAGE_COMPLETE && held.count == 0, "a fresh page is complete and empty");
    writer_record(&writer, RECORD_ADDRESS, 7, 24, "a-name-of-15-oc", ADDRESS, sizeof ADDRESS);
    writer_record(&writer, RECORD_DATAGRAM, 8, 0, "eth1", datagram, sizeof datagram);
    writer_publish(&writer);
    expect(page_read(page, &held) == PAGE_COMPLETE && held.count == 2, "both records are read");
    expect(held_next(&held, &offset, &record) && record.kind == RECORD_ADDRESS && record.interface_index == 7
            && record.prefix_length == 24 && record.length == 4 && memcmp(record.payload, ADDRESS, 4) == 0
            && strcmp(record.interface_name, "a-name-of-15-oc") == 0,
        "the address comes first, as it was written");
    expect(held_next(&held, &offset, &record) && record.kind == RECORD_DATAGRAM && record.interface_index == 8
            && record.length == sizeof datagram && memcmp(record.payload, datagram, sizeof datagram) == 0,
        "the datagram comes second, as it was written");
    expect(!held_next(&held, &offset, &record), "there is no third record");
}

static void use_the_last_complete_copy(void)
{
    fresh_page();
    write_address(10);
    writer_publish(&writer);
    write_address(11);
    write_address(12);
    expect(page_read(page, &held) == PAGE_COMPLETE && held.count == 1, "a list that is not published is not read");
    memset(writer_slot(&writer), 0xEE, SLOT_OCTETS);
    expect(page_read(page, &held) == PAGE_COMPLETE && held.count == 1, "whatever stands in the other slot");
    writer = (struct writer){.page = page};
    write_address(11);
    write_address(12);
    writer_publish(&writer);
    expect(page_read(page, &held) == PAGE_COMPLETE && held.count == 2, "once published it is read");
}

static void use_a_slot_to_its_end(void)
{
    const uint32_t fitting = (SLOT_OCTETS - SLOT_HEAD_OCTETS) / 40;
    fresh_page();
    for (uint32_t i = 0; i < fitting; i++) {
        write_address((unsigned char)i);
    }
    writer_publish(&writer);
    expect(page_read(page, &held) == PAGE_COMPLETE && held.count == fitting, "a full slot is read to its end");
}

/* Each damage hits the second of three records, or the head. */
static void expect_damage(uint32_t records_before, const char *sentence)
{
    expect(page_read(page, &held) == PAGE_DAMAGED && held.count == records_before, sentence);
}

static void three_addresses(void)
{
    fresh_page();
    write_address(10);
    write_address(11);
    write_address(12);
    writer_publish(&writer);
}

static void stop_at_damage(void)
{
    const size_t second = SLOT_HEAD_OCTETS + 40;
    three_addresses();
    page->magic[3]++;
    expect_damage(0, "a page with a wrong magic is not used");
    three_addresses();
    page->version++;
    expect_damage(0, "nor one of another layout");
    three_addresses();
    page->size--;
    expect_damage(0, "nor one of another size");
    three_addresses();
    put32(0, UINT32_MAX);
    expect_damage(3, "a count beyond the records stops at the last");
    three_addresses();
    put32(0, 2);
    expect_damage(2, "a count below the records is damage too");
    three_addresses();
    put32(4, UINT32_MAX);
    expect_damage(3, "octets beyond the slot are cut to the slot");
    three_addresses();
    put32(4, 3 * 40 - 8);
    expect_damage(2, "octets that cut a record off leave it out");
    three_addresses();
    put32(second, 0);
    expect_damage(1, "a record of length 0 does not stop the guard for ever");
    three_addresses();
    put32(second, UINT32_MAX - 7);
    expect_damage(1, "a record longer than the list is not read");
    three_addresses();
    put32(second, 36);
    expect_damage(1, "a record of a length out of step is not read");
    three_addresses();
    put16(second + 4, 9);
    expect_damage(1, "a record of an unknown kind is not read");
    three_addresses();
    put16(second + 6, UINT16_MAX);
    expect_damage(1, "a payload longer than its record is not read");
    three_addresses();
    put16(second + 4, RECORD_DATAGRAM);
    put16(second + 6, 40);
    current_slot()[second + RECORD_HEAD_OCTETS] = 0x45;
    expect_damage(1, "nor if the list behind it would bear it");
    three_addresses();
    put16(second + 6, 5);
    expect_damage(1, "an address has 4 or 16 octets");
    three_addresses();
    current_slot()[second + 12] = 33;
    expect_damage(1, "a prefix is not longer than its address");
    three_addresses();
    put16(second + 4, RECORD_DATAGRAM);
    expect_damage(1, "a datagram has at least a header");
    three_addresses();
    put16(second + 4, RECORD_DATAGRAM);
    put16(second + 6, 0);
    expect_damage(1, "an empty datagram is not read");
    three_addresses();
    put16(second + 4, RECORD_ADVERTISEMENT);
    expect_damage(1, "an advertisement is a datagram");
}

/* Seeded, so that a failure (of a sanitizer) comes again. */
static void survive_garbage(void)
{
    for (unsigned seed = 1; seed <= 3000; seed++) {
        unsigned state = seed;
        three_addresses();
        for (int change = 0; change < 8; change++) {
            state = state * 1103515245u + 12345u;
            size_t offset = (state >> 8) % (SLOT_HEAD_OCTETS + 3 * 40);
            state = state * 1103515245u + 12345u;
            current_slot()[offset] = (unsigned char)(state >> 16);
        }
        (void)page_read(page, &held);
        if (held.count > 3) {
            printf("seed %u\n", seed);
            expect(false, "garbage does not make records");
            return;
        }
    }
    expect(true, "garbage is survived");
}

static atomic_bool stop_writing;

/* Publishes lists whose addresses are all alike and whose length follows from the address. */
static void *write_without_pause(void *nothing)
{
    for (unsigned char last = 1; !atomic_load(&stop_writing); last = (unsigned char)(last % 200 + 1)) {
        for (int i = 0; i < last; i++) {
            write_address(last);
        }
        writer_publish(&writer);
    }
    return nothing;
}

static bool is_of_one_piece(void)
{
    struct record record;
    size_t offset = 0;
    while (held_next(&held, &offset, &record)) {
        if (record.payload[3] != held.count) {
            return false;
        }
    }
    return true;
}

static void never_read_a_torn_list(void)
{
    pthread_t thread;
    bool torn = false;
    int complete = 0;
    fresh_page();
    if (pthread_create(&thread, NULL, write_without_pause, NULL) != 0) {
        abort();
    }
    for (int64_t end = instant_now().monotonic + RACE_NANOS; !torn && instant_now().monotonic < end;) {
        enum page_state state = page_read(page, &held);
        complete += state == PAGE_COMPLETE;
        torn = state == PAGE_DAMAGED || !is_of_one_piece();
    }
    atomic_store(&stop_writing, true);
    pthread_join(thread, NULL);
    expect(!torn && complete > 0, "a list that is being rewritten is read whole or not at all");
}

static struct lease_verdict look(struct lease_watch *watch, int64_t monotonic, int64_t suspended)
{
    return lease_look(page, watch, (struct instant){.monotonic = monotonic, .boot = monotonic + suspended});
}

static struct lease_watch watch_from(int64_t monotonic)
{
    struct lease_watch watch;
    lease_start(&watch, (struct instant){.monotonic = monotonic, .boot = monotonic});
    return watch;
}

static void judge_a_lease(void)
{
    fresh_page();
    struct lease_watch watch = watch_from(100 * SECOND);
    expect(look(&watch, 100 * SECOND, 0).state == LEASE_IS_DISARMED, "a lease that was never armed is not missed");
    expect(watch.planned == 100 * SECOND + 20 * MILLI, "and is looked at again in 20 ms");
    atomic_store(&page->lease, 100 * SECOND + 30 * MILLI);
    expect(look(&watch, 100 * SECOND, 0).state == LEASE_IS_KEPT, "a lease that still runs is kept");
    expect(watch.planned == 100 * SECOND + 20 * MILLI, "a long one is looked at again in 20 ms");
    expect(look(&watch, watch.planned, 0).state == LEASE_IS_KEPT && watch.planned == 100 * SECOND + 30 * MILLI,
        "a short one at its end");
    atomic_store(&page->lease, 100 * SECOND + 50 * MILLI);
    expect(look(&watch, watch.planned, 0).state == LEASE_IS_KEPT, "a renewed lease is kept");
    struct lease_verdict verdict = look(&watch, 100 * SECOND + 51 * MILLI, 0);
    expect(verdict.state == LEASE_IS_MISSED && verdict.reason == FENCE_DEADLINE && verdict.late_by == MILLI,
        "a lease that has run out is missed");
    expect(lease_is_fenced(page) && atomic_load(&page->fence_count) == 1
            && atomic_load(&page->fenced_at) == 100 * SECOND + 51 * MILLI
            && atomic_load(&page->fenced_late_by) == MILLI && atomic_load(&page->fence_reason) == FENCE_DEADLINE,
        "and the page says when and why");
    expect(look(&watch, 200 * SECOND, 0).state == LEASE_IS_FENCED && atomic_load(&page->fence_count) == 1,
        "a fenced lease is not fenced again");
}

static void tell_a_stalled_machine(void)
{
    fresh_page();
    struct lease_watch watch = watch_from(100 * SECOND);
    atomic_store(&page->lease, 100 * SECOND + 10 * MILLI);
    (void)look(&watch, 100 * SECOND, 0);
    struct lease_verdict verdict = look(&watch, 103 * SECOND, 0);
    expect(verdict.state == LEASE_IS_MISSED && verdict.reason == FENCE_STALL
            && verdict.guard_late_by == 3 * SECOND - 10 * MILLI,
        "a guard that wakes late itself says that the machine stood still");
}

static void count_a_suspension(void)
{
    fresh_page();
    struct lease_watch watch = watch_from(100 * SECOND);
    atomic_store(&page->lease, 100 * SECOND + 30 * MILLI);
    expect(look(&watch, 100 * SECOND + MILLI, 100 * MILLI).state == LEASE_IS_KEPT,
        "a small step between the clocks is no suspension");
    expect(look(&watch, 100 * SECOND + MILLI, 0).state == LEASE_IS_KEPT, "nor is its way back");
    struct lease_verdict verdict = look(&watch, 100 * SECOND + 2 * MILLI, 5 * SECOND);
    expect(verdict.state == LEASE_IS_MISSED && verdict.reason == FENCE_SUSPEND && verdict.suspended_for == 5 * SECOND,
        "a suspension longer than the lease is missed, although the clock of the lease stood still");
    atomic_store(&page->lease, 101 * SECOND);
    expect(look(&watch, 100 * SECOND + 3 * MILLI, 5 * SECOND).state == LEASE_IS_KEPT, "a suspension counts once");
}

static atomic_int renewals_lost;
static atomic_bool refused_without_fence;
static atomic_bool fenced_before_its_time;

static void *renew_without_pause(void *nothing)
{
    int64_t lease = atomic_load(&page->lease);
    const int64_t end = instant_now().monotonic + RACE_NANOS;
    while (lease != LEASE_DISARMED) {
        int64_t now = instant_now().monotonic;
        int64_t expected = lease;
        int64_t next = now < end ? now + now % 4 * 1000 : LEASE_DISARMED;
        if (atomic_compare_exchange_strong(&page->lease, &expected, next)) {
            lease = next;
        } else {
            if (expected != LEASE_FENCED) {
                atomic_store(&refused_without_fence, true);
            }
            if (atomic_load(&page->fenced_at) < lease) {
                atomic_store(&fenced_before_its_time, true);
            }
            atomic_fetch_add(&renewals_lost, 1);
            lease = now + SECOND;
            atomic_store(&page->lease, lease);
        }
    }
    return nothing;
}

/* Short leases under fire: each time exactly one side must win. */
static void agree_on_who_won(void)
{
    pthread_t thread;
    int fences = 0;
    fresh_page();
    struct lease_watch watch = watch_from(instant_now().monotonic);
    atomic_store(&page->lease, instant_now().monotonic + SECOND);
    if (pthread_create(&thread, NULL, renew_without_pause, NULL) != 0) {
        abort();
    }
    while (atomic_load(&page->lease) != LEASE_DISARMED) {
        fences += lease_look(page, &watch, instant_now()).state == LEASE_IS_MISSED;
    }
    pthread_join(thread, NULL);
    expect(!atomic_load(&refused_without_fence), "a renewal is refused only by a fence");
    expect(!atomic_load(&fenced_before_its_time), "a lease that was granted is not taken back before it has run out");
    expect(fences == atomic_load(&renewals_lost), "the daemon learns of every fence, and of no other");
    printf("unit: %d renewals came too late\n", fences);
}

/* A fence without sockets: whose turn it is shows in the page, and what was not sent does not count as said. */
static const struct fence MUTE = {.route = -1, .raw_ipv4 = -1, .raw_ipv6 = -1};
static struct stand_in memory;

static void write_advertisement(uint32_t voice)
{
    unsigned char advertisement[28] = {0x45};
    writer_record(&writer, RECORD_ADVERTISEMENT, 8, voice, "eth1", advertisement, sizeof advertisement);
}

static int64_t due(uint32_t voice)
{
    return atomic_load(&page->voices[voice].due);
}

static void set_due(uint32_t voice, int64_t at, int64_t interval)
{
    atomic_store(&page->voices[voice].interval, interval);
    atomic_store(&page->voices[voice].due, at);
}

static int64_t look_at_voices(int64_t now)
{
    return stand_in(&memory, page, &MUTE, now);
}

static void speak_when_it_is_time(void)
{
    const int64_t now = 100 * SECOND;
    const int64_t interval = 10 * MILLI;
    fresh_page();
    memory = (struct stand_in){0};
    expect(look_at_voices(now) == INT64_MAX, "where nothing is listed there is no turn");
    write_advertisement(0);
    write_advertisement(VOICES - 1);
    writer_publish(&writer);
    expect(look_at_voices(now) == INT64_MAX, "nor before the daemon has said when");
    set_due(0, now + MILLI, interval);
    set_due(VOICES - 1, now, interval);
    expect(look_at_voices(now) == now + MILLI, "the next turn is the earliest");
    expect(due(VOICES - 1) == now + interval, "a voice that is due speaks, and again an interval later");
    expect(due(0) == now + MILLI, "one that is not due yet does not");
    expect(atomic_load(&page->voices[VOICES - 1].spoken) == 0, "what could not be sent is not counted as said");
    expect(look_at_voices(now + MILLI + interval - 1) == now + MILLI + 2 * interval - 1 && due(0) == now + MILLI + 2 * interval - 1,
        "a voice speaks up to an interval late");
    set_due(0, now, interval);
    set_due(VOICES - 1, 0, interval);
    expect(look_at_voices(now + interval) == INT64_MAX && due(0) == now,
        "after that no more, since a peer may have taken over");
    set_due(0, now, 0);
    expect(look_at_voices(now) == INT64_MAX && due(0) == now, "an interval of 0 does not make the guard speak for ever");
    set_due(0, now, -interval);
    expect(look_at_voices(now) == INT64_MAX && due(0) == now, "nor does a negative one");
    set_due(0, now, interval);
    writer_publish(&writer);
    expect(look_at_voices(now) == INT64_MAX && due(0) == now, "what is listed no more does not speak");
}

static void number_the_turns(void)
{
    expect(turn_after(0) == 1 && turn_after(1) == 2, "turns are counted from 1");
    expect(turn_after(65534) == 65535 && turn_after(65535) == 1, "and from the start again, without that of every turn");
}

static void watch_only_threads_of_the_child(void)
{
    expect(child_thread(getpid(), 0) == -1, "no thread has the number 0");
    expect(child_thread(getpid(), -1) == -1, "nor a negative one");
    expect(child_thread(getpid(), 1) == -1, "a thread of another process is not watched");
}

int main(void)
{
    read_what_was_written();
    use_the_last_complete_copy();
    use_a_slot_to_its_end();
    stop_at_damage();
    survive_garbage();
    never_read_a_torn_list();
    judge_a_lease();
    tell_a_stalled_machine();
    count_a_suspension();
    agree_on_who_won();
    speak_when_it_is_time();
    number_the_turns();
    watch_only_threads_of_the_child();
    free(page);
    printf("unit: %d passed, %d failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
