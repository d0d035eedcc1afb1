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

#define MARK_TEXT_MAX 96

struct storage_disk {
    struct storage base;
    struct storage_spec spec;
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

static int mark_parse(const char *text, struct storage_mark *out_mark)
{
    struct storage_mark mark;
    uint32_t check;
    int body = 0;
    int end = 0;

    if (sscanf(text, "boot %" SCNu64 " seq %" SCNu64 "%n check %8" SCNx32 "%n", &mark.boot_count, &mark.last_seq, &body,
               &check, &end) != 3 ||
        text[end] != '\n' || check != mark_check(text, (size_t)body)) {
        return -EBADMSG;
    }
    *out_mark = mark;
    return 0;
}

static int disk_mark_read(struct storage *storage, struct storage_mark *out_mark)
{
    const struct storage_disk *disk = (const struct storage_disk *)storage;
    char text[MARK_TEXT_MAX] = "";
    ssize_t n;
    int fd;

    if (disk->spec.mark_path[0] == '\0') {
        return -ENOTSUP;
    }
    fd = open(disk->spec.mark_path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    n = read(fd, text, sizeof(text) - 1);
    close(fd);
    return n < 0 ? -EIO : mark_parse(text, out_mark);
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

static int write_durably(const char *path, const char *text, size_t length)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int error = 0;
    ssize_t n;

    if (fd < 0) {
        return -errno;
    }
    n = write(fd, text, length);
    if (n != (ssize_t)length) {
        error = n < 0 ? -errno : -ENOSPC;
    } else if (fsync(fd) < 0) {
        error = -errno;
    }
    close(fd);
    return error;
}

static int disk_mark_write(struct storage *storage, const struct storage_mark *mark)
{
    const struct storage_disk *disk = (const struct storage_disk *)storage;
    const char *path = disk->spec.mark_path;
    char next[HAL_DEVICE_MAX + 8];
    char text[MARK_TEXT_MAX];
    int body;
    int length;
    int error;

    if (path[0] == '\0') {
        return -ENOTSUP;
    }
    body = snprintf(text, sizeof(text), "boot %" PRIu64 " seq %" PRIu64, mark->boot_count, mark->last_seq);
    length = body + snprintf(text + body, sizeof(text) - (size_t)body, " check %08" PRIx32 "\n",
                             mark_check(text, (size_t)body));
    snprintf(next, sizeof(next), "%s.next", path);
    error = write_durably(next, text, (size_t)length);
    if (!error && rename(next, path) < 0) {
        error = -errno;
    }
    return error ? error : sync_directory(path);
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
