// SPDX-License-Identifier: Apache-2.0
#include "stand_in.h"

enum { NO_VOICE = UINT32_MAX };

/* Records of a list that is in force stay as they are; the list is read again when another one is. */
static bool read_list(struct stand_in *memory, const struct page *page)
{
    uint64_t generation = atomic_load_explicit(&page->generation, memory_order_acquire);
    if (memory->has_read && memory->generation == generation) {
        return true;
    }
    /* What is read may be newer than that generation: then it is read once more next time. */
    memory->has_read = page_read(page, &memory->list) == PAGE_COMPLETE;
    memory->generation = generation;
    return memory->has_read;
}

/*
 * Takes the turn of a voice if it is overdue. Not if it has been silent for so long that a peer may have taken over: then
 * the whole machine stood still, and the daemon has to listen before it speaks.
 */
static bool take_turn(struct voice *voice, int64_t now)
{
    int64_t due = atomic_load(&voice->due);
    int64_t interval = atomic_load(&voice->interval);
    if (due == 0 || interval <= 0 || now < due || now - due >= interval) {
        return false;
    }
    return atomic_compare_exchange_strong(&voice->due, &due, now + interval);
}

static int64_t next_turn(struct voice *voice, int64_t now)
{
    int64_t due = atomic_load(&voice->due);
    return due > now ? due : INT64_MAX;
}

int64_t stand_in(struct stand_in *memory, struct page *page, const struct fence *fence, int64_t now)
{
    struct record record;
    size_t offset = 0;
    int64_t next = INT64_MAX;
    uint32_t current = NO_VOICE;
    bool has_turn = false;
    uint16_t turn = EVERY_TURN;
    if (!read_list(memory, page)) {
        return next;
    }
    while (held_next(&memory->list, &offset, &record)) {
        if (record.kind != RECORD_ADVERTISEMENT) {
            continue;
        }
        struct voice *voice = &page->voices[record.voice];
        if (record.voice != current) {
            current = record.voice;
            has_turn = take_turn(voice, now);
            turn = turn_after(atomic_load(&voice->spoken));
            int64_t next_of_voice = next_turn(voice, now);
            next = next_of_voice < next ? next_of_voice : next;
        }
        bool meant = record.turn == EVERY_TURN || record.turn == turn;
        if (has_turn && meant && fence_send(fence, &record) == 0 && atomic_load(&voice->spoken_at) != now) {
            /* In this order: whoever sees the count sees the time too. */
            atomic_store(&voice->spoken_at, now);
            atomic_fetch_add(&voice->spoken, 1);
        }
    }
    return next;
}
