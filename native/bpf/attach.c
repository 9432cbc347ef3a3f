// SPDX-License-Identifier: Apache-2.0
/* Which interfaces run what is pinned: its filter on their clsact hooks. */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "clsact.h"
#include "loader.h"

/* Our filters on the clsact hook of an interface, told from those of others by handle and priority. The first comes first. */
struct filter {
    const char *program;
    unsigned handle;
    unsigned priority;
};

static const struct filter filters[] = {{"mainstay_ingress", 0x4d53, 1}, {"mainstay_detour", 0x4d54, 2}};
enum { FILTERS = sizeof filters / sizeof *filters };

/* Which of our filters is pinned in a directory; that of the kernel engine if none is. */
static const struct filter *filter_of(const char *directory)
{
    char path[PATH];
    for (int i = 0; i < FILTERS; i++) {
        if (exists(path_of(path, directory, "", filters[i].program))) {
            return &filters[i];
        }
    }
    return &filters[0];
}

/*
 * Until this program ends nobody else puts a filter on or takes one off, of those that are pinned beside DIRECTORY: the last one
 * takes what they stand on along. Who may not look there has nobody beside itself.
 */
static void take_turns(const char *directory)
{
    char parent[PATH];
    int descriptor = open(path_of(parent, directory, "", ".."), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0) {
        flock(descriptor, LOCK_EX);
    }
}

static bool is_on(unsigned index, const struct filter *ours)
{
    struct bpf_tc_hook hook = clsact_hook(index);
    struct bpf_tc_opts filter = {.sz = sizeof filter, .handle = ours->handle, .priority = ours->priority};
    return bpf_tc_query(&hook, &filter) == 0;
}

static void attach_to(const char *name, const char *directory, const struct filter *ours, int program)
{
    unsigned index = if_nametoindex(name);
    if (index == 0) {
        fail("attach to %s: %s", name, strerror(errno));
    }
    int result = clsact_need(directory, index, is_on(index, ours));
    if (result != 0) {
        fail("attach to %s: clsact: %s%s", name, strerror(-result), advice(-result));
    }
    struct bpf_tc_opts filter = {
        .sz = sizeof filter,
        .prog_fd = program,
        .flags = BPF_TC_F_REPLACE,
        .handle = ours->handle,
        .priority = ours->priority,
    };
    struct bpf_tc_hook hook = clsact_hook(index);
    result = bpf_tc_attach(&hook, &filter);
    if (result != 0) {
        fail("attach to %s: %s (is there another tc filter of priority %d?)", name, strerror(-result), (int)ours->priority);
    }
}

/* Takes our filter off the interface if it is there, and what it stood on. */
static void detach_from(unsigned index, const char *directory, const struct filter *ours)
{
    if (is_on(index, ours)) {
        struct bpf_tc_hook hook = clsact_hook(index);
        struct bpf_tc_opts gone = {.sz = sizeof gone, .handle = ours->handle, .priority = ours->priority};
        bpf_tc_detach(&hook, &gone);
    }
    clsact_release(directory, index);
}

static void detach_from_all_but(const char *directory, const struct filter *ours, int count, char **names)
{
    struct if_nameindex *interfaces = if_nameindex();
    for (struct if_nameindex *each = interfaces; each && each->if_index; each++) {
        bool wanted = false;
        for (int i = 0; i < count; i++) {
            wanted = wanted || strcmp(names[i], each->if_name) == 0;
        }
        if (!wanted) {
            detach_from(each->if_index, directory, ours);
        }
    }
    if_freenameindex(interfaces);
}

int attach(const char *directory, int count, char **names)
{
    char path[PATH];
    const struct filter *ours = filter_of(directory);
    int program = bpf_obj_get(path_of(path, directory, "", ours->program));
    if (program < 0) {
        fail("%s: %s%s", path, strerror(errno), advice(errno));
    }
    take_turns(directory);
    for (int i = 0; i < count; i++) {
        attach_to(names[i], directory, ours, program);
    }
    detach_from_all_but(directory, ours, count, names);
    puts("attached");
    return 0;
}

void detach(const char *directory)
{
    take_turns(directory);
    detach_from_all_but(directory, filter_of(directory), 0, NULL);
}
