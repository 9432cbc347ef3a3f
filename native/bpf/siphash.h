/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* SipHash-2-4 (Aumasson, Bernstein, 2012) of a tuple's 40 octets: keyed, so that no client can aim at a backend. */
#ifndef MAINSTAY_SIPHASH_H
#define MAINSTAY_SIPHASH_H

#include "abi.h"

struct siphash {
    __u64 v0, v1, v2, v3;
};

static __always_inline __u64 rotate_left(__u64 word, int bits)
{
    return word << bits | word >> (64 - bits);
}

static __always_inline void siphash_round(struct siphash *s)
{
    s->v0 += s->v1;
    s->v1 = rotate_left(s->v1, 13) ^ s->v0;
    s->v0 = rotate_left(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotate_left(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotate_left(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotate_left(s->v1, 17) ^ s->v2;
    s->v2 = rotate_left(s->v2, 32);
}

static __always_inline void siphash_word(struct siphash *s, __u64 word)
{
    s->v3 ^= word;
    siphash_round(s);
    siphash_round(s);
    s->v0 ^= word;
}

static __always_inline __u64 siphash_tuple(const __u64 key[2], const struct tuple *tuple)
{
    struct siphash s = {
        key[0] ^ 0x736f6d6570736575ULL,
        key[1] ^ 0x646f72616e646f6dULL,
        key[0] ^ 0x6c7967656e657261ULL,
        key[1] ^ 0x7465646279746573ULL,
    };
    const __u64 *word = (const __u64 *)tuple;
#pragma unroll
    for (int i = 0; i < 5; i++) {
        /* Octets are taken in little-endian order on every machine. */
        siphash_word(&s, __builtin_bswap64(bpf_cpu_to_be64(word[i])));
    }
    siphash_word(&s, (__u64)sizeof *tuple << 56);
    s.v2 ^= 0xff;
    siphash_round(&s);
    siphash_round(&s);
    siphash_round(&s);
    siphash_round(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

#endif
