// SPDX-License-Identifier: Apache-2.0
/*
 * mainstay-bpf: puts the data path, or the detour, into the kernel and onto interfaces. The daemon runs it; it may be run by hand.
 *
 *   mainstay-bpf prepare DIRECTORY                        makes it, and mounts the file system that it is in
 *   mainstay-bpf load OBJECT DIRECTORY [MAP=ENTRIES...]   verifies OBJECT, pins its programs and maps below DIRECTORY
 *   mainstay-bpf attach DIRECTORY [INTERFACE...]          has these interfaces run it, and no others
 *   mainstay-bpf trial OBJECT DIRECTORY [MAP=ENTRIES...]  of the data path: pins a second copy of the program below DIRECTORY/trial
 *   mainstay-bpf fastpath OBJECT DIRECTORY [INTERFACE...] has these interfaces run OBJECT by XDP, and no others (fastpath.c)
 *   mainstay-bpf unload DIRECTORY                         takes it off all interfaces and forgets maps and flows
 *   mainstay-bpf features                                 tells which features that it needs the kernel has (features.c)
 *
 * The second copy has the configuration of the first, and flows, counters and gates of its own: it is run on packets that
 * nobody sent, to be asked what would become of them.
 *
 * What is pinned already is kept, with its flows, as far as its layout is that of OBJECT. One line on standard output says
 * what was done. A failure ends with status 1 and one line on standard error that says what was refused, and why.
 */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "loader.h"

enum { BPFFS_MAGIC = 0xcafe4a11 };

/* Of the object of the kernel engine. */
static const char *const forwards = "mainstay_ingress";

char last_warning[512];
char verifier_log[LOG_OCTETS];

void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

static int remember_warning(enum libbpf_print_level level, const char *format, va_list arguments)
{
    if (level == LIBBPF_WARN) {
        vsnprintf(last_warning, sizeof last_warning, format, arguments);
        last_warning[strcspn(last_warning, "\n")] = 0;
    }
    return 0;
}

const char *path_of(char *buffer, const char *directory, const char *part, const char *name)
{
    if (snprintf(buffer, PATH, "%s/%s%s", directory, part, name) >= PATH) {
        fail("%s: path too long (expected: less than %d characters)", directory, PATH);
    }
    return buffer;
}

bool exists(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0;
}

/*
 * The file system that keeps pins; systemd mounts it, a container or a network namespace may lack it. A service may be given the
 * directory alone, without what is above it.
 */
static void need_bpf_file_system(const char *directory)
{
    char parent[PATH];
    struct statfs status;
    if (statfs(directory, &status) == 0 && (uint32_t)status.f_type == BPFFS_MAGIC) {
        return;
    }
    path_of(parent, directory, "", "");
    parent[strlen(parent) - 1] = 0;
    char *slash = strrchr(parent, '/');
    if (!slash || slash == parent) {
        fail("%s: not a place for pins (expected: a directory such as /sys/fs/bpf/mainstay)", directory);
    }
    *slash = 0;
    if (statfs(parent, &status) != 0) {
        fail("%s: %s (expected: the mount point of the bpf file system)", parent, strerror(errno));
    }
    if ((uint32_t)status.f_type != BPFFS_MAGIC
        && mount("bpf", parent, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") != 0) {
        fail("mount the bpf file system on %s: %s", parent, strerror(errno));
    }
}

void need_directory(const char *path)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        fail("mkdir %s: %s", path, strerror(errno));
    }
}

/* Removes everything below a directory of the bpf file system but for one entry; NULL: without exception. */
static void empty_but(const char *directory, const char *kept)
{
    DIR *listing = opendir(directory);
    if (!listing) {
        return;
    }
    struct dirent *entry;
    while ((entry = readdir(listing))) {
        char path[PATH];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || (kept && strcmp(entry->d_name, kept) == 0)) {
            continue;
        }
        path_of(path, directory, "", entry->d_name);
        if (unlink(path) != 0) {
            empty_but(path, NULL);
            rmdir(path);
        }
    }
    closedir(listing);
}

void empty(const char *directory)
{
    empty_but(directory, NULL);
}

/* Names the object by its content (FNV-1a), so that a daemon that starts again does not have it verified again. */
void name_object(const char *object, char *name)
{
    FILE *file = fopen(object, "rb");
    if (!file) {
        fail("%s: %s", object, strerror(errno));
    }
    uint64_t hash = 0xcbf29ce484222325;
    for (int octet = fgetc(file); octet != EOF; octet = fgetc(file)) {
        hash = (hash ^ (uint64_t)octet) * 0x100000001b3;
    }
    fclose(file);
    sprintf(name, "object-%016llx", (unsigned long long)hash);
}

const char *advice(int error)
{
    switch (error) {
    case EPERM:
    case EACCES:
        return " (expected: root, or CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN)";
    case ENOSYS:
        return " (expected: a kernel with bpf(2))";
    default:
        return "";
    }
}

/* What the verifier said last before its statistics. */
const char *verdict(void)
{
    char *found = NULL;
    for (char *line = strtok(verifier_log, "\n"); line; line = strtok(NULL, "\n")) {
        if (strncmp(line, "processed ", 10) != 0 && *line) {
            found = line;
        }
    }
    return found ? found : last_warning;
}

static void set_sizes(struct bpf_object *object, int count, char **sizes)
{
    for (int i = 0; i < count; i++) {
        char *equals = strchr(sizes[i], '=');
        char *end = NULL;
        unsigned long entries = equals ? strtoul(equals + 1, &end, 10) : 0;
        if (!equals || *end || entries == 0 || entries > UINT32_MAX) {
            fail("%s: not a size (expected: MAP=ENTRIES)", sizes[i]);
        }
        *equals = 0;
        struct bpf_map *map = bpf_object__find_map_by_name(object, sizes[i]);
        if (!map) {
            fail("%s: no such map", sizes[i]);
        }
        bpf_map__set_max_entries(map, (uint32_t)entries);
        *equals = '=';
    }
}

/* Whether a map is pinned where this one is to be, and what is known of it: nothing, if it cannot be read. */
static bool find_pinned(const struct bpf_map *map, struct bpf_map_info *present)
{
    uint32_t length = sizeof *present;
    memset(present, 0, sizeof *present);
    int descriptor = bpf_obj_get(bpf_map__pin_path(map));
    if (descriptor < 0) {
        return false;
    }
    if (bpf_obj_get_info_by_fd(descriptor, present, &length) != 0) {
        memset(present, 0, sizeof *present);
    }
    close(descriptor);
    return true;
}

/* Has each map pinned, or, with its size, taken from where it is pinned. False if anything that is there has another layout. */
static bool plan_pins(struct bpf_object *object, const char *directory)
{
    bool fits = true;
    struct bpf_map *map;
    struct bpf_map_info present;
    bpf_object__for_each_map(map, object) {
        char path[PATH];
        bpf_map__set_pin_path(map, path_of(path, directory, "maps/", bpf_map__name(map)));
        if (find_pinned(map, &present)
            && (present.type != bpf_map__type(map) || present.key_size != bpf_map__key_size(map)
                || present.value_size != bpf_map__value_size(map) || present.map_flags != bpf_map__map_flags(map))) {
            fits = false;
        }
    }
    bpf_object__for_each_map(map, object) {
        if (!fits || !find_pinned(map, &present)) {
            continue;
        }
        if (strcmp(bpf_map__name(map), "events") == 0 && present.max_entries != bpf_map__max_entries(map)) {
            unlink(bpf_map__pin_path(map)); /* other events are counted than before: all begin anew */
        } else {
            bpf_map__set_max_entries(map, present.max_entries);
        }
    }
    return fits;
}

static void pin_programs(struct bpf_object *object, const char *directory)
{
    struct bpf_program *program;
    bpf_object__for_each_program(program, object) {
        char path[PATH];
        unlink(path_of(path, directory, "", bpf_program__name(program)));
        int result = bpf_program__pin(program, path);
        if (result != 0) {
            fail("pin %s: %s", path, strerror(-result));
        }
    }
}

static int prepare(const char *directory)
{
    need_bpf_file_system(directory);
    need_directory(directory);
    puts("ready");
    return 0;
}

static int load(const char *file, const char *directory, int sizes_count, char **sizes)
{
    char marker[32];
    char path[PATH];
    name_object(file, marker);
    need_bpf_file_system(directory);
    if (exists(path_of(path, directory, "", marker))) {
        puts("kept");
        return 0;
    }
    need_directory(directory);
    need_directory(path_of(path, directory, "", "maps"));

    struct bpf_object *object = bpf_object__open_file(file, NULL);
    if (!object) {
        fail("%s: %s", file, last_warning);
    }
    set_sizes(object, sizes_count, sizes);
    bool fits = plan_pins(object, directory);
    if (!fits) {
        /* The directory itself stays: the daemon has locked it. The filters stay where they are until they are replaced. */
        empty_but(directory, "clsact");
        need_directory(path_of(path, directory, "", "maps"));
    }
    struct bpf_program *program;
    bpf_object__for_each_program(program, object) {
        bpf_program__set_log_buf(program, verifier_log, sizeof verifier_log);
    }
    int result = bpf_object__load(object);
    if (result != 0) {
        fail("load %s: %s%s: %s", file, strerror(-result), advice(-result), verdict());
    }
    pin_programs(object, directory);
    /* The marker last: without it the next start begins anew. */
    DIR *listing = opendir(directory);
    struct dirent *entry;
    while (listing && (entry = readdir(listing))) {
        char old[PATH];
        if (strncmp(entry->d_name, "object-", 7) == 0) {
            rmdir(path_of(old, directory, "", entry->d_name));
        }
    }
    if (listing) {
        closedir(listing);
    }
    need_directory(path_of(path, directory, "", marker));
    puts(fits ? "loaded" : "loaded anew, as what was there had another layout");
    bpf_object__close(object);
    return 0;
}

/* What the program cannot write it may share. But for the gates, which are opened to ask what another state would bring. */
static bool is_shared(const struct bpf_map *map)
{
    return (bpf_map__map_flags(map) & BPF_F_RDONLY_PROG) && strcmp(bpf_map__name(map), "gates") != 0;
}

static void share(struct bpf_map *map, const char *directory)
{
    char path[PATH];
    int descriptor = bpf_obj_get(path_of(path, directory, "maps/", bpf_map__name(map)));
    if (descriptor < 0) {
        fail("%s: %s (expected: a map of a data path that is loaded)", path, strerror(errno));
    }
    int result = bpf_map__reuse_fd(map, descriptor);
    close(descriptor);
    if (result != 0) {
        fail("%s: %s", path, strerror(-result));
    }
}

static int trial(const char *file, const char *directory, int sizes_count, char **sizes)
{
    char path[PATH];
    struct bpf_object *object = bpf_object__open_file(file, NULL);
    if (!object) {
        fail("%s: %s", file, last_warning);
    }
    set_sizes(object, sizes_count, sizes);
    struct bpf_map *map;
    bpf_object__for_each_map(map, object) {
        if (is_shared(map)) {
            share(map, directory);
        }
    }
    struct bpf_program *program;
    bpf_object__for_each_program(program, object) {
        bpf_program__set_autoload(program, strcmp(bpf_program__name(program), forwards) == 0);
        bpf_program__set_log_buf(program, verifier_log, sizeof verifier_log);
    }
    int result = bpf_object__load(object);
    if (result != 0) {
        fail("load %s: %s%s: %s", file, strerror(-result), advice(-result), verdict());
    }
    empty(path_of(path, directory, "", "trial"));
    need_directory(path);
    result = bpf_program__pin(bpf_object__find_program_by_name(object, forwards), path_of(path, directory, "trial/", forwards));
    bpf_object__for_each_map(map, object) {
        if (result == 0 && !is_shared(map)) {
            result = bpf_map__pin(map, path_of(path, directory, "trial/", bpf_map__name(map)));
        }
    }
    if (result != 0) {
        fail("pin %s: %s", path, strerror(-result));
    }
    puts("loaded");
    bpf_object__close(object);
    return 0;
}

static int unload(const char *directory)
{
    detach(directory);
    empty(directory);
    rmdir(directory);
    puts("unloaded");
    return 0;
}

int main(int argc, char **argv)
{
    libbpf_set_print(remember_warning);
    if (argc == 3 && strcmp(argv[1], "prepare") == 0) {
        return prepare(argv[2]);
    }
    if (argc >= 4 && strcmp(argv[1], "load") == 0) {
        return load(argv[2], argv[3], argc - 4, argv + 4);
    }
    if (argc >= 4 && strcmp(argv[1], "trial") == 0) {
        return trial(argv[2], argv[3], argc - 4, argv + 4);
    }
    if (argc >= 3 && strcmp(argv[1], "attach") == 0) {
        return attach(argv[2], argc - 3, argv + 3);
    }
    if (argc >= 4 && strcmp(argv[1], "fastpath") == 0) {
        return fastpath(argv[2], argv[3], argc - 4, argv + 4);
    }
    if (argc == 3 && strcmp(argv[1], "unload") == 0) {
        return unload(argv[2]);
    }
    if (argc == 2 && strcmp(argv[1], "features") == 0) {
        return features();
    }
    fputs("usage: mainstay-bpf prepare DIRECTORY | load OBJECT DIRECTORY [MAP=ENTRIES...] | attach DIRECTORY [INTERFACE...] |"
          " trial OBJECT DIRECTORY [MAP=ENTRIES...] | fastpath OBJECT DIRECTORY [INTERFACE...] | unload DIRECTORY | features\n",
        stderr);
    return 2;
}
