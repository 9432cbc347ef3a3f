// SPDX-License-Identifier: Apache-2.0
/*
 * What the data path needs and old kernels lack (docs/kernel-engine.md). The kernel is asked, as a distribution's may have more than
 * its number says: programs are verified that are attached to nothing, and maps made that nobody else sees.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "loader.h"

enum { COUNT_OF_OCTETS = 8 };

static bool passes(const struct bpf_insn *program, size_t length)
{
    int descriptor = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, NULL, "GPL", program, length, NULL);
    if (descriptor < 0) {
        return false;
    }
    close(descriptor);
    return true;
}

/* Without the right to load anything every other answer would be no. */
static void need_permission(void)
{
    static const struct bpf_insn nothing[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
        {.code = BPF_JMP | BPF_EXIT},
    };
    if (!passes(nothing, sizeof nothing / sizeof *nothing)) {
        int error = errno;
        fail("features: %s%s", strerror(error), advice(error));
    }
}

static bool has_redirect_neigh(void)
{
    return libbpf_probe_bpf_helper(BPF_PROG_TYPE_SCHED_CLS, BPF_FUNC_redirect_neigh, NULL) == 1;
}

static bool has_atomics(void)
{
    static const struct bpf_insn add[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_1, .imm = 1},
        {.code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_10, .src_reg = BPF_REG_1, .off = -COUNT_OF_OCTETS},
        {.code = BPF_STX | BPF_ATOMIC | BPF_DW, .dst_reg = BPF_REG_10, .src_reg = BPF_REG_1, .off = -COUNT_OF_OCTETS,
         .imm = BPF_ADD | BPF_FETCH},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
        {.code = BPF_JMP | BPF_EXIT},
    };
    return passes(add, sizeof add / sizeof *add);
}

static bool has_array_batches(void)
{
    int processors = libbpf_num_possible_cpus();
    int map = bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, NULL, sizeof(uint32_t), COUNT_OF_OCTETS, 1, NULL);
    uint32_t next = 0, key = 0, count = 1;
    void *values = processors > 0 ? calloc((size_t)processors, COUNT_OF_OCTETS) : NULL;
    /* ENOENT: there was no more than was asked for. */
    bool found = map >= 0 && values && (bpf_map_lookup_batch(map, NULL, &next, &key, values, &count, NULL) == 0 || errno == ENOENT);
    free(values);
    if (map >= 0) {
        close(map);
    }
    return found;
}

static bool has_trie_batches(void)
{
    LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_NO_PREALLOC);
    struct {
        uint32_t prefix;
        uint32_t address;
    } key = {0};
    uint32_t value = 0, count = 1;
    int map = bpf_map_create(BPF_MAP_TYPE_LPM_TRIE, NULL, sizeof key, sizeof value, 1, &options);
    bool found = map >= 0 && bpf_map_update_batch(map, &key, &value, &count, NULL) == 0;
    if (map >= 0) {
        close(map);
    }
    return found;
}

int features(void)
{
    static const struct {
        const char *name;
        bool (*is_there)(void);
    } all[] = {
        {"bpf_redirect_neigh", has_redirect_neigh},
        {"atomics with a result", has_atomics},
        {"batches on arrays of processors", has_array_batches},
        {"batches on tries", has_trie_batches},
    };
    need_permission();
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        printf("%s: %s\n", all[i].name, all[i].is_there() ? "yes" : "no");
    }
    return 0;
}
