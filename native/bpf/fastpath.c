// SPDX-License-Identifier: Apache-2.0
/*
 * The fast path on interfaces. It runs in the driver or not at all: what the kernel has instead, generic XDP, is slower than
 * tc. Each interface is held by a pinned link, so that it goes on when nobody is there, as everything does that is pinned.
 * What refuses one interface is told, and stops no other.
 */
#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>

#include "fastpath.h"
#include "loader.h"

static const char PROGRAM[] = "mainstay_fastpath";
static const char INTERFACES[] = "own_interfaces";
static const char LINK[] = "link-"; /* and the number of an interface: its name may have a dot, which no pin may */

/* Forgets the pins of an earlier object, but for the links, which are to be given the new program. */
static void forget_all_but_links(const char *own)
{
    DIR *listing = opendir(own);
    struct dirent *entry;
    while (listing && (entry = readdir(listing))) {
        char path[PATH];
        if (*entry->d_name != '.' && strncmp(entry->d_name, LINK, sizeof LINK - 1) != 0) {
            path_of(path, own, "", entry->d_name);
            if (unlink(path) != 0) {
                rmdir(path);
            }
        }
    }
    if (listing) {
        closedir(listing);
    }
}

/* The maps of the program on tc are taken from where they are pinned; the others are its own, and new. */
static void share_maps(struct bpf_object *object, const char *directory)
{
    struct bpf_map *map;
    bpf_object__for_each_map(map, object) {
        char path[PATH];
        int descriptor = bpf_obj_get(path_of(path, directory, "maps/", bpf_map__name(map)));
        if (descriptor < 0) {
            continue;
        }
        int result = bpf_map__reuse_fd(map, descriptor);
        close(descriptor);
        if (result != 0) {
            fail("%s: %s", path, strerror(-result));
        }
    }
}

static void pin_own(struct bpf_object *object, const char *directory, const char *own)
{
    char path[PATH];
    struct bpf_map *map;
    int result = bpf_program__pin(bpf_object__find_program_by_name(object, PROGRAM), path_of(path, own, "", PROGRAM));
    bpf_object__for_each_map(map, object) {
        if (result == 0 && !exists(path_of(path, directory, "maps/", bpf_map__name(map)))) {
            result = bpf_map__pin(map, path_of(path, own, "", bpf_map__name(map)));
        }
    }
    if (result != 0) {
        fail("pin %s: %s", path, strerror(-result));
    }
}

/* Takes it off all interfaces: with it goes what holds them. */
static void end_fastpath(const char *own)
{
    empty(own);
    rmdir(own);
}

/* Has the object verified and pinned, unless it is. True if it was not. Where that fails no older one goes on unseen. */
static bool load_fastpath(const char *file, const char *directory, const char *own)
{
    char marker[32];
    char path[PATH];
    name_object(file, marker);
    if (exists(path_of(path, own, "", marker))) {
        return false;
    }
    if (!exists(path_of(path, directory, "maps/", "flows"))) {
        fail("%s: not there (expected: a data path that is loaded)", path);
    }
    struct bpf_object *object = bpf_object__open_file(file, NULL);
    if (!object) {
        end_fastpath(own);
        fail("%s: %s", file, last_warning);
    }
    share_maps(object, directory);
    struct bpf_program *program = bpf_object__find_program_by_name(object, PROGRAM);
    bpf_program__set_log_buf(program, verifier_log, LOG_OCTETS);
    int result = bpf_object__load(object);
    if (result != 0) {
        end_fastpath(own);
        fail("load %s: %s%s: %s", file, strerror(-result), advice(-result), verdict());
    }
    need_directory(own);
    forget_all_but_links(own);
    pin_own(object, directory, own);
    need_directory(path_of(path, own, "", marker));
    bpf_object__close(object);
    return true;
}

static const char *path_of_link(char *buffer, const char *own, unsigned index)
{
    char name[32];
    snprintf(name, sizeof name, "%s%u", LINK, index);
    return path_of(buffer, own, "", name);
}

/* The link that holds this interface, or -1. An interface that was deleted has left its link behind, which holds nothing. */
static int open_link(const char *own, unsigned index)
{
    char path[PATH];
    struct bpf_link_info info = {0};
    uint32_t length = sizeof info;
    int link = bpf_obj_get(path_of_link(path, own, index));
    if (link < 0) {
        return -1;
    }
    if (bpf_obj_get_info_by_fd(link, &info, &length) == 0 && info.xdp.ifindex == index) {
        return link;
    }
    close(link);
    unlink(path);
    return -1;
}

/* Whether somebody else has a program there; then `reason` says whose. */
static bool is_taken(unsigned index, char *reason, size_t room)
{
    struct bpf_xdp_query_opts found = {.sz = sizeof found};
    struct bpf_prog_info info = {0};
    uint32_t length = sizeof info;
    if (bpf_xdp_query((int)index, 0, &found) != 0) {
        return false;
    }
    uint32_t id = found.drv_prog_id ? found.drv_prog_id : found.skb_prog_id ? found.skb_prog_id : found.hw_prog_id;
    if (id == 0) {
        id = found.prog_id;
    }
    if (id == 0) {
        return false;
    }
    int program = bpf_prog_get_fd_by_id(id);
    if (program >= 0) {
        if (bpf_obj_get_info_by_fd(program, &info, &length) != 0) {
            *info.name = 0;
        }
        close(program);
    }
    snprintf(reason, room, "another XDP program is there: %s (id %u)", *info.name ? info.name : "one without a name", id);
    return true;
}

/*
 * The driver's own words. They come by netlink alone, so it is asked again that way, which ends as the first time; if it does
 * not, since what was in the way has gone meanwhile, the program is taken off again.
 */
static const char *words_of_driver(unsigned index, int program)
{
    static const char before[] = "Kernel error message: ";
    uint32_t flags = XDP_FLAGS_DRV_MODE | XDP_FLAGS_UPDATE_IF_NOEXIST;
    *last_warning = 0;
    if (bpf_xdp_attach((int)index, program, flags, NULL) == 0) {
        bpf_xdp_detach((int)index, XDP_FLAGS_DRV_MODE, NULL);
        return "";
    }
    char *words = strstr(last_warning, before);
    return words ? words + sizeof before - 1 : "";
}

static void say_why(unsigned index, int program, int error, char *reason, size_t room)
{
    const char *words = words_of_driver(index, program);
    const char *what = error == EOPNOTSUPP ? "the driver has no XDP of its own" : strerror(error);
    snprintf(reason, room, "%s%s", *words ? words : what, advice(error));
}

static bool take(const char *own, unsigned index, int program, char *reason, size_t room)
{
    char path[PATH];
    struct bpf_link_create_opts options = {.sz = sizeof options, .flags = XDP_FLAGS_DRV_MODE};
    if (is_taken(index, reason, room)) {
        return false;
    }
    int link = bpf_link_create(program, (int)index, BPF_XDP, &options);
    if (link < 0) {
        say_why(index, program, -link, reason, room);
        return false;
    }
    int result = bpf_obj_pin(link, path_of_link(path, own, index));
    close(link);
    if (result != 0) {
        snprintf(reason, room, "pin %s: %s", path, strerror(-result));
    }
    return result == 0;
}

static bool has_mac(const char *name, struct own_interface *own)
{
    struct ifreq request = {0};
    int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    bool known = control >= 0 && ioctl(control, SIOCGIFHWADDR, &request) == 0;
    if (control >= 0) {
        close(control);
    }
    memset(own, 0, sizeof *own);
    memcpy(&own->mac, request.ifr_hwaddr.sa_data, sizeof own->mac);
    return known && request.ifr_hwaddr.sa_family == 1; /* ARPHRD_ETHER */
}

/* Has frames to the interface, and for it, be taken. False where another has its place. */
static bool enter(int interfaces, unsigned index, struct own_interface *own, char *reason, size_t room)
{
    struct own_interface present;
    uint32_t place = index % OWN_INTERFACES;
    if (bpf_map_lookup_elem(interfaces, &place, &present) == 0 && present.index != 0 && present.index != index
        && if_indextoname(present.index, (char[IF_NAMESIZE]){0})) {
        snprintf(reason, room, "interface %u has the place of number %u (they differ by a multiple of %u)", present.index, index,
            (unsigned)OWN_INTERFACES);
        return false;
    }
    own->index = index;
    int result = bpf_map_update_elem(interfaces, &place, own, BPF_ANY);
    snprintf(reason, room, "%s", strerror(-result));
    return result == 0;
}

/* Has the interface run the program. False with the reason. */
static bool hold(const char *own, const char *name, int program, int interfaces, bool renewed, char *reason, size_t room)
{
    struct own_interface entry;
    unsigned index = if_nametoindex(name);
    if (index == 0) {
        snprintf(reason, room, "%s", strerror(errno));
        return false;
    }
    if (!has_mac(name, &entry)) {
        snprintf(reason, room, "not Ethernet");
        return false;
    }
    int link = open_link(own, index);
    if (link >= 0) {
        int result = renewed ? bpf_link_update(link, program, NULL) : 0;
        close(link);
        if (result != 0) {
            snprintf(reason, room, "update: %s", strerror(-result));
            return false;
        }
    } else if (!take(own, index, program, reason, room)) {
        return false;
    }
    return enter(interfaces, index, &entry, reason, room);
}

/* Nothing is sent to the interface any more, and then it is let go. */
static void let_go(const char *own, unsigned index, int interfaces)
{
    char path[PATH];
    struct own_interface present;
    struct own_interface none = {0};
    uint32_t place = index % OWN_INTERFACES;
    if (bpf_map_lookup_elem(interfaces, &place, &present) == 0 && present.index == index) {
        bpf_map_update_elem(interfaces, &place, &none, BPF_ANY);
    }
    unlink(path_of_link(path, own, index));
}

static void let_go_all_but(const char *own, int interfaces, int count, char **names)
{
    DIR *listing = opendir(own);
    struct dirent *entry;
    while (listing && (entry = readdir(listing))) {
        if (strncmp(entry->d_name, LINK, sizeof LINK - 1) != 0) {
            continue;
        }
        unsigned index = (unsigned)strtoul(entry->d_name + sizeof LINK - 1, NULL, 10);
        bool wanted = false;
        for (int i = 0; i < count; i++) {
            wanted = wanted || if_nametoindex(names[i]) == index;
        }
        if (!wanted) {
            let_go(own, index, interfaces);
        }
    }
    if (listing) {
        closedir(listing);
    }
}

int fastpath(const char *object, const char *directory, int count, char **names)
{
    char own[PATH];
    char path[PATH];
    path_of(own, directory, "", "fastpath");
    if (count == 0) {
        end_fastpath(own);
        return 0;
    }
    bool renewed = load_fastpath(object, directory, own);
    int program = bpf_obj_get(path_of(path, own, "", PROGRAM));
    int interfaces = bpf_obj_get(path_of(path, own, "", INTERFACES));
    if (program < 0 || interfaces < 0) {
        fail("%s: %s%s", path, strerror(errno), advice(errno));
    }
    let_go_all_but(own, interfaces, count, names);
    for (int i = 0; i < count; i++) {
        char reason[768];
        if (hold(own, names[i], program, interfaces, renewed, reason, sizeof reason)) {
            printf("%s xdp\n", names[i]);
        } else {
            let_go(own, if_nametoindex(names[i]), interfaces);
            printf("%s tc %s\n", names[i], reason);
        }
    }
    return 0;
}
