// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <errno.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clsact.h"
#include "loader.h"

enum { LENGTH_OF_MARK = sizeof "//clsact/4294967295" };

struct bpf_tc_hook clsact_hook(unsigned index)
{
    return (struct bpf_tc_hook){.sz = sizeof(struct bpf_tc_hook), .ifindex = (int)index, .attach_point = BPF_TC_INGRESS};
}

/* A directory, as the file system of pins keeps nothing else; by number, as the name of an interface may have a dot. */
static const char *mark_of(char *buffer, const char *directory, unsigned index)
{
    char number[16];
    snprintf(number, sizeof number, "%u", index);
    return path_of(buffer, directory, "clsact/", number);
}

static void mark(const char *directory, unsigned index)
{
    char path[PATH];
    need_directory(path_of(path, directory, "", "clsact"));
    need_directory(mark_of(path, directory, index));
}

static bool is_marked_beside(const char *directory, unsigned index)
{
    char parent[PATH];
    DIR *listing = opendir(path_of(parent, directory, "", ".."));
    struct dirent *entry;
    bool found = false;
    while (listing && !found && (entry = readdir(listing))) {
        char beside[PATH];
        char path[PATH];
        if (*entry->d_name != '.' && strlen(parent) + strlen(entry->d_name) + LENGTH_OF_MARK < PATH) {
            found = exists(mark_of(path, path_of(beside, parent, "", entry->d_name), index));
        }
    }
    if (listing) {
        closedir(listing);
    }
    return found;
}

int clsact_need(const char *directory, unsigned index, bool present)
{
    struct bpf_tc_hook hook = clsact_hook(index);
    int result = bpf_tc_hook_create(&hook);
    if (result != 0 && result != -EEXIST) {
        return result;
    }
    if (result == -EEXIST && !present) {
        /* A mark of our own is that of an interface which had this number before. */
        char path[PATH];
        rmdir(mark_of(path, directory, index));
    }
    if (result == 0 || (!present && is_marked_beside(directory, index))) {
        mark(directory, index);
    }
    return 0;
}

/* Whether the answer begins with a filter and not with its end; true as well if there is none to be had. */
static bool names_one(int netlink)
{
    static struct {
        struct nlmsghdr head;
        char body[1 << 16];
    } answer;
    ssize_t length = recv(netlink, &answer, sizeof answer, 0);
    return length < (ssize_t)sizeof answer.head || answer.head.nlmsg_type != NLMSG_DONE;
}

static bool has_filters(unsigned index, unsigned side)
{
    struct {
        struct nlmsghdr head;
        struct tcmsg body;
    } question = {
        .head = {.nlmsg_len = sizeof question, .nlmsg_type = RTM_GETTFILTER, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .body = {.tcm_family = AF_UNSPEC, .tcm_ifindex = (int)index, .tcm_parent = TC_H_MAKE(TC_H_CLSACT, side)},
    };
    int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    bool found = netlink < 0 || send(netlink, &question, sizeof question, 0) != (ssize_t)sizeof question || names_one(netlink);
    if (netlink >= 0) {
        close(netlink);
    }
    return found;
}

void clsact_release(const char *directory, unsigned index)
{
    char path[PATH];
    if (!exists(mark_of(path, directory, index))) {
        return;
    }
    if (!has_filters(index, TC_H_MIN_INGRESS) && !has_filters(index, TC_H_MIN_EGRESS)) {
        struct bpf_tc_hook hook = clsact_hook(index);
        hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS; /* together: the discipline itself */
        bpf_tc_hook_destroy(&hook);
    }
    rmdir(path);
}
