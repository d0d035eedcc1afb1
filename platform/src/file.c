#include "platform/file.h"

#include <assert.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_all(int fd, struct buffer *buffer)
{
    uint8_t chunk[16384];
    for (;;) {
        ssize_t got = read(fd, chunk, sizeof(chunk));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            return 0;
        int error = buffer_append(buffer, chunk, (size_t)got);
        if (error)
            return error == -E2BIG ? -EFBIG : error;
    }
}

int file_read(const char *path, struct buffer *buffer)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    size_t before = buffer->len;
    int error = read_all(fd, buffer);
    if (error && buffer->data) {
        buffer->len = before;
        buffer->data[before] = 0;
    }
    close(fd);
    return error;
}

static int write_all(int fd, const uint8_t *data, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, data, len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return -errno;
        data += put;
        len -= (size_t)put;
    }
    return 0;
}

/* Without this the rename itself can be lost by a power cut. */
static int sync_folder_of(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;
    if (!slash)
        strcpy(folder, ".");
    else
        snprintf(folder, sizeof(folder), "%.*s", len ? (int)len : 1, path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int error = fsync(fd) < 0 ? -errno : 0;
    close(fd);
    return error;
}

static int write_and_sync(int fd, const void *data, size_t len, mode_t mode)
{
    int error = write_all(fd, data, len);
    if (!error && fchmod(fd, mode) < 0)
        error = -errno;
    if (!error && fsync(fd) < 0)
        error = -errno;
    return error;
}

int file_write_atomic(const char *path, const void *data, size_t len, mode_t mode)
{
    char temporary[PATH_MAX];
    int printed = snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);
    if (printed < 0 || (size_t)printed >= sizeof(temporary))
        return -ENAMETOOLONG;
    int fd = mkostemp(temporary, O_CLOEXEC); /* 0600 until fchmod */
    if (fd < 0)
        return -errno;
    int error = write_and_sync(fd, data, len, mode);
    if (close(fd) < 0 && !error)
        error = -errno;
    if (!error && rename(temporary, path) < 0)
        error = -errno;
    if (error) {
        unlink(temporary);
        return error;
    }
    return sync_folder_of(path);
}

static int make_dir(const char *path, mode_t mode)
{
    struct stat status;
    if (mkdir(path, mode) == 0)
        return 0;
    if (errno != EEXIST)
        return -errno;
    if (stat(path, &status) < 0)
        return -errno;
    return S_ISDIR(status.st_mode) ? 0 : -ENOTDIR;
}

int file_make_dirs(const char *path, mode_t mode)
{
    char partial[PATH_MAX];
    size_t len = strlen(path);
    if (len == 0)
        return -EINVAL;
    if (len >= sizeof(partial))
        return -ENAMETOOLONG;
    memcpy(partial, path, len + 1);
    for (char *c = partial + 1; *c; c++) {
        if (*c != '/')
            continue;
        *c = '\0';
        int error = make_dir(partial, mode);
        if (error)
            return error;
        *c = '/';
    }
    return make_dir(partial, mode);
}
