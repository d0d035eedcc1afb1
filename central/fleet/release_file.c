#include "central/fleet/fleet.h"

#include "platform/encoding.h"
#include "platform/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int folder_path(const struct central *central, char *out, size_t cap)
{
    int len = snprintf(out, cap, "%s/%s", central->config.data, RELEASE_FOLDER);
    return len >= 0 && (size_t)len < cap ? 0 : -ENAMETOOLONG;
}

int release_path(const struct central *central, const uint8_t sha256[HASH_LEN], char *out, size_t cap)
{
    char folder[STORE_PATH_MAX], hex[2 * HASH_LEN + 1];
    int rc = folder_path(central, folder, sizeof(folder));
    hex_encode(sha256, HASH_LEN, hex, sizeof(hex));
    if (rc < 0)
        return rc;
    int len = snprintf(out, cap, "%s/%s.raucb", folder, hex);
    return len >= 0 && (size_t)len < cap ? 0 : -ENAMETOOLONG;
}

static int parse_number(const char **text, int64_t *out_number)
{
    char *end = NULL;
    if (**text < '0' || **text > '9')
        return -EINVAL;
    errno = 0;
    long long number = strtoll(*text, &end, 10);
    if (errno != 0)
        return -EINVAL;
    *text = end;
    *out_number = number;
    return 0;
}

int release_range(const char *text, int64_t size, struct byte_range *out_range)
{
    struct byte_range range = {0, size - 1};
    if (!text || strncmp(text, "bytes=", 6) != 0)
        return -EINVAL;
    text += 6;
    if (parse_number(&text, &range.first) < 0 || *text++ != '-')
        return -EINVAL;
    if (*text && (parse_number(&text, &range.last) < 0 || *text || range.last < range.first))
        return -EINVAL;
    if (range.first >= size)
        return -ERANGE;
    if (range.last >= size)
        range.last = size - 1;
    if (range.last - range.first >= RELEASE_PART_MAX)
        range.last = range.first + RELEASE_PART_MAX - 1;
    *out_range = range;
    return 0;
}

static int run_add(void *arg, struct store_tx *tx)
{
    struct release *release = arg;
    return release_add(tx, release, &release->id);
}

static int place(const char *from, const char *folder, const char *to)
{
    if (rename(from, to) < 0)
        return -errno;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 || fsync(fd) < 0 ? -errno : 0;
    if (fd >= 0)
        close(fd);
    return rc;
}

/* Copies the bundle to folder/new, durable. */
static int copy_in(int fd, struct slice authorities, const char *path, struct bundle_facts *out_facts, char *reason)
{
    int out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (out < 0)
        return -errno;
    int rc = bundle_read(fd, authorities, out, out_facts, reason);
    if (rc == 0 && fsync(out) < 0)
        rc = -errno;
    close(out);
    return rc;
}

static int register_it(struct central *central, const struct bundle_facts *facts, bool checked,
                       struct release *out_release)
{
    struct release release = {.size = facts->size, .checked = checked};
    memcpy(release.compatible, facts->compatible, sizeof(facts->compatible));
    memcpy(release.version, facts->version, sizeof(facts->version));
    memcpy(release.sha256, facts->sha256, sizeof(facts->sha256));
    int rc = writer_call(central->writer, run_add, &release);
    if (rc == 0)
        *out_release = release;
    return rc;
}

int release_import(struct central *central, const char *path, struct slice authorities, struct release *out_release,
                   char reason[BUNDLE_REASON_MAX])
{
    struct bundle_facts facts;
    char folder[STORE_PATH_MAX], temporary[STORE_PATH_MAX + 32], target[STORE_PATH_MAX + 2 * HASH_LEN + 16];
    reason[0] = '\0';
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    int rc = folder_path(central, folder, sizeof(folder));
    rc = rc ? rc : file_make_dirs(folder, 0700);
    if (rc < 0)
        goto out;
    snprintf(temporary, sizeof(temporary), "%s/new.%d", folder, fd); /* two at once have two of them */
    rc = copy_in(fd, authorities, temporary, &facts, reason);
    rc = rc ? rc : release_path(central, facts.sha256, target, sizeof(target));
    rc = rc ? rc : place(temporary, folder, target);
    if (rc < 0)
        unlink(temporary);
    rc = rc ? rc : register_it(central, &facts, authorities.len > 0, out_release);
out:
    close(fd);
    return rc;
}
