#include "internal.h"

#include "domain/crypto.h"
#include "platform/encoding.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#define PART_PREFIX "part-"

/* Of one file only: what was ordered before is of no use any more. */
static void part_path(const struct service *service, const struct feed_order *order, char out[PATH_MAX])
{
    char name[sizeof(PART_PREFIX) + 2 * HASH_LEN] = PART_PREFIX;

    hex_encode(order->sha256, HASH_LEN, name + strlen(PART_PREFIX), sizeof(name) - strlen(PART_PREFIX));
    service_path(service, name, out);
}

static void forget_others(const struct service *service, const char *keep)
{
    char path[PATH_MAX];
    struct dirent *entry;
    DIR *dir = opendir(service->folder);

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (strncmp(entry->d_name, PART_PREFIX, strlen(PART_PREFIX)) != 0)
            continue;
        service_path(service, entry->d_name, path);
        if (keep == NULL || strcmp(path, keep) != 0)
            unlink(path);
    }
    if (dir != NULL)
        closedir(dir);
}

void download_forget(struct service *service)
{
    char path[PATH_MAX];

    forget_others(service, NULL);
    service_path(service, UPDATER_BUNDLE, path);
    unlink(path);
}

static int hash_file(int fd, int64_t size, uint8_t *room, uint8_t out_hash[HASH_LEN])
{
    crypto_hash_sha256_state state;

    crypto_hash_sha256_init(&state);
    for (int64_t at = 0; at < size;) {
        ssize_t got = pread(fd, room, SERVICE_PART_BYTES, at);
        if (got <= 0)
            return got < 0 ? -errno : -EBADMSG;
        crypto_hash_sha256_update(&state, room, (size_t)got);
        at += got;
    }
    crypto_hash_sha256_final(&state, out_hash);
    return 0;
}

static int sync_folder(const struct service *service)
{
    int fd = open(service->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = fd < 0 || fsync(fd) < 0 ? -errno : 0;

    if (fd >= 0)
        close(fd);
    return r;
}

/* Whole: only now it lies where the updater looks. */
static int finish(struct service *service, const struct feed_order *order, int fd, const char *path)
{
    char bundle[PATH_MAX];
    uint8_t hash[HASH_LEN];
    int r = hash_file(fd, (int64_t)order->size, service->part, hash);

    if (r == 0 && memcmp(hash, order->sha256, HASH_LEN) != 0)
        r = -EBADMSG;
    if (r == -EBADMSG)
        unlink(path);
    if (r == 0 && fsync(fd) < 0)
        r = -errno;
    if (r < 0)
        return r;
    service_path(service, UPDATER_BUNDLE, bundle);
    if (rename(path, bundle) < 0)
        return -errno;
    r = sync_folder(service);
    return r < 0 ? r : 1;
}

static int append(struct service *service, const struct feed_order *order, int fd, uint64_t at)
{
    const struct service_options *o = &service->options;
    uint64_t left = order->size - at;
    size_t room = left < SERVICE_PART_BYTES ? (size_t)left : SERVICE_PART_BYTES, len = 0;
    int r = o->fetch(o->context, order->release, at, (struct slice){service->part, room}, &len);

    if (r < 0)
        return r;
    if (len == 0 || len > room)
        return -EPROTO;
    ssize_t written = pwrite(fd, service->part, len, (off_t)at);
    if (written != (ssize_t)len)
        return written < 0 ? -errno : -ENOSPC;
    return 0;
}

int download_step(struct service *service, const struct feed_order *order)
{
    char path[PATH_MAX];
    struct stat status;
    int r = 0;

    part_path(service, order, path);
    forget_others(service, path);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &status) < 0)
        r = -errno;
    else if ((uint64_t)status.st_size > order->size)
        r = ftruncate(fd, 0) < 0 ? -errno : 0;
    else if ((uint64_t)status.st_size == order->size)
        r = finish(service, order, fd, path);
    else
        r = append(service, order, fd, (uint64_t)status.st_size);
    close(fd);
    return r;
}
