#include <assert.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "../backends.h"
#include "storage_identity.h"

/*
 * The mark stands twice, each in a block of its own, and is written in turns: what a power cut tears is the older one.
 * So it needs no file system that renames, and a few blocks of a bare partition will do.
 */
#define MARK_BLOCK 4096
#define MARK_TEXT  256
#define MARK_FORM  "mark turn %" PRIu64 " boot %" PRIu64 " books %" PRIu64 " of %" PRIu32 ".%" PRIu32 " seq %" PRIu64
#define MARK_SCAN  "mark turn %" SCNu64 " boot %" SCNu64 " books %" SCNu64 " of %" SCNu32 ".%" SCNu32 " seq %" SCNu64

struct storage_disk {
    struct storage base;
    struct storage_spec spec;
};

struct turn {
    uint64_t number; /* 0 = none */
    int place;       /* 0 or 1 */
    struct storage_mark mark;
};

static int disk_state(struct storage *storage, struct storage_state *out_state)
{
    const struct storage_disk *disk = (const struct storage_disk *)storage;
    struct statvfs status;

    if (statvfs(disk->spec.data_dir, &status) < 0) {
        return errno == ENOENT ? -ENODEV : -errno;
    }
    out_state->free_bytes = (uint64_t)status.f_bavail * status.f_frsize;
    out_state->total_bytes = (uint64_t)status.f_blocks * status.f_frsize;
    out_state->writable = !(status.f_flag & ST_RDONLY) && access(disk->spec.data_dir, W_OK) == 0;
    return 0;
}

static int disk_identity(struct storage *storage, struct storage_identity *out_identity)
{
    const struct storage_disk *disk = (const struct storage_disk *)storage;
    struct stat status;

    if (stat(disk->spec.data_dir, &status) < 0) {
        return errno == ENOENT ? -ENODEV : -errno;
    }
    storage_identity_read("", status.st_dev, out_identity);
    return 0;
}

/* FNV-1a: a mark that was half written or scribbled over must not pass for one. */
static uint32_t mark_check(const char *text, size_t length)
{
    uint32_t sum = 2166136261U;

    for (size_t i = 0; i < length; i++) {
        sum = (sum ^ (uint8_t)text[i]) * 16777619U;
    }
    return sum;
}

static int turn_parse(const char *text, struct turn *out_turn)
{
    struct storage_mark mark = {0};
    uint64_t number = 0;
    uint32_t check = 0;
    int body = 0;
    int end = 0;

    if (sscanf(text, MARK_SCAN "%n check %8" SCNx32 "%n", &number, &mark.boot_count, &mark.books_count, &mark.terminal,
               &mark.incarnation, &mark.last_seq, &body, &check, &end) != 7 ||
        text[end] != '\n' || number == 0 || check != mark_check(text, (size_t)body)) {
        return -EBADMSG;
    }
    out_turn->number = number;
    out_turn->mark = mark;
    return 0;
}

/* -ENOENT: nothing was ever written there, and a new file ends before it. */
static int turn_read(int fd, int place, struct turn *out_turn)
{
    char text[MARK_TEXT + 1] = "";
    ssize_t n = pread(fd, text, MARK_TEXT, (off_t)place * MARK_BLOCK);
    bool blank = true;

    if (n < 0) {
        return -EIO;
    }
    for (ssize_t i = 0; i < n; i++) {
        blank = blank && text[i] == '\0';
    }
    if (blank) {
        return -ENOENT;
    }
    out_turn->place = place;
    return turn_parse(text, out_turn);
}

/* The later of the two. Damage of the one is a power cut's as long as the other is whole. */
static int turn_find(int fd, struct turn *out_turn)
{
    struct turn turns[2] = {0};
    int errors[2];

    for (int place = 0; place < 2; place++) {
        errors[place] = turn_read(fd, place, &turns[place]);
    }
    if (errors[0] == -EIO || errors[1] == -EIO) {
        return -EIO;
    }
    if (errors[0] != 0 && errors[1] != 0) {
        return errors[0] == -EBADMSG || errors[1] == -EBADMSG ? -EBADMSG : -ENOENT;
    }
    *out_turn = turns[turns[1].number > turns[0].number];
    return 0;
}

/* A device node that is missing is no mark that is missing: nobody knows what it would say. */
static int mark_open(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);

    if (fd < 0) {
        return errno == ENOENT && strncmp(path, "/dev/", 5) == 0 ? -ENODEV : -errno;
    }
    return fd;
}

static int disk_mark_read(struct storage *storage, struct storage_mark *out_mark)
{
    const struct storage_disk *disk = (const struct storage_disk *)storage;
    struct turn turn;
    int error;
    int fd;

    if (disk->spec.mark_path[0] == '\0') {
        return -ENOTSUP;
    }
    fd = mark_open(disk->spec.mark_path, O_RDONLY);
    if (fd < 0) {
        return fd;
    }
    error = turn_find(fd, &turn);
    close(fd);
    if (!error) {
        *out_mark = turn.mark;
    }
    return error;
}

static int sync_directory(const char *path)
{
    char copy[PATH_MAX];
    int error = 0;
    int fd;

    snprintf(copy, sizeof(copy), "%s", path);
    fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    if (fsync(fd) < 0) {
        error = -errno;
    }
    close(fd);
    return error;
}

static int turn_write(int fd, const struct turn *turn)
{
    const struct storage_mark *mark = &turn->mark;
    char text[MARK_TEXT] = "";
    ssize_t n;
    int body;

    body = snprintf(text, sizeof(text), MARK_FORM, turn->number, mark->boot_count, mark->books_count, mark->terminal,
                    mark->incarnation, mark->last_seq);
    snprintf(text + body, sizeof(text) - (size_t)body, " check %08" PRIx32 "\n", mark_check(text, (size_t)body));
    n = pwrite(fd, text, sizeof(text), (off_t)turn->place * MARK_BLOCK);
    if (n != (ssize_t)sizeof(text)) {
        return n < 0 ? -errno : -ENOSPC;
    }
    return fsync(fd) < 0 ? -errno : 0;
}

static int disk_mark_write(struct storage *storage, const struct storage_mark *mark)
{
    const struct storage_disk *disk = (const struct storage_disk *)storage;
    const char *path = disk->spec.mark_path;
    bool node = strncmp(path, "/dev/", 5) == 0;
    struct turn turn = {.place = 1};
    int error;
    int fd;

    if (path[0] == '\0') {
        return -ENOTSUP;
    }
    fd = mark_open(path, node ? O_RDWR : O_RDWR | O_CREAT);
    if (fd < 0) {
        return fd;
    }
    error = turn_find(fd, &turn);
    if (!error || error == -ENOENT || error == -EBADMSG) {
        turn = (struct turn){.number = turn.number + 1, .place = !turn.place, .mark = *mark};
        error = turn_write(fd, &turn);
    }
    close(fd);
    return error || node ? error : sync_directory(path);
}

static void disk_close(struct storage *storage)
{
    free(storage);
}

static const struct storage_ops disk_ops = {
    .state = disk_state,
    .identity = disk_identity,
    .mark_read = disk_mark_read,
    .mark_write = disk_mark_write,
    .close = disk_close,
};

int storage_disk_open(const struct storage_spec *spec, struct hal_context *context, struct storage **out_device)
{
    struct storage_disk *disk;
    struct stat status;

    if (stat(spec->data_dir, &status) < 0 || !S_ISDIR(status.st_mode)) {
        hal_context_reason(context, "data directory '%.100s' is not there", spec->data_dir);
        return -ENODEV;
    }
    disk = calloc(1, sizeof(*disk));
    if (!disk) {
        return -ENOMEM;
    }
    disk->base.ops = &disk_ops;
    disk->spec = *spec;
    *out_device = &disk->base;
    return 0;
}
