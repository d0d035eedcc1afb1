/*
 * Beside the key at `path`: PATH.new is the one that waits, PATH.ticket says that it does and for which ticket, and
 * PATH.before, PATH.before.2 … are those that were left. The ticket is written last and removed first when nothing
 * comes of it; a swap leaves it until the books know, so that a key without its books is asked for again.
 */

#include "platform/file.h"
#include "sync_internal.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATH_SUFFIX_MAX 32
#define BEFORE_MAX      1000

struct paths {
    char fresh[PATH_MAX + PATH_SUFFIX_MAX], ticket[PATH_MAX + PATH_SUFFIX_MAX];
};

static struct paths paths_of(const char *path)
{
    struct paths paths;

    snprintf(paths.fresh, sizeof(paths.fresh), "%s.new", path);
    snprintf(paths.ticket, sizeof(paths.ticket), "%s.ticket", path);
    return paths;
}

static int remove_file(const char *path)
{
    return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

int enrol_key_drop(const char *path)
{
    struct paths paths = paths_of(path);
    int r = remove_file(paths.ticket);

    return r < 0 ? r : remove_file(paths.fresh);
}

int enrol_key_keep(const char *path, const struct key_pair *key, const struct enrol_ticket *ticket)
{
    struct paths paths = paths_of(path);
    struct enrol_ticket kept = *ticket;
    char text[ENROL_TEXT_MAX];
    int r = enrol_key_drop(path);

    memset(kept.secret, 0, sizeof(kept.secret)); /* central has seen it, and only asks for the key from here on */
    if (r == 0)
        r = enrol_ticket_encode(&kept, text);
    if (r == 0)
        r = key_pair_save(key, paths.fresh);
    return r < 0 ? r : file_write_atomic(paths.ticket, text, strlen(text), 0600);
}

static int read_ticket(const char *path, struct enrol_ticket *out_ticket)
{
    char text[ENROL_TEXT_MAX + 1] = {0};
    struct buffer buffer;
    int r;

    buffer_init(&buffer, ENROL_TEXT_MAX);
    r = file_read(path, &buffer);
    if (r == 0 && buffer.len > 0) {
        memcpy(text, buffer.data, buffer.len);
        r = enrol_ticket_decode(text, out_ticket);
    } else if (r == 0) {
        r = -EBADMSG;
    }
    buffer_finish(&buffer);
    return r;
}

int enrol_key_waiting(const char *path, struct key_pair *out_key, struct enrol_ticket *out_ticket)
{
    struct paths paths = paths_of(path);
    struct enrol_ticket ticket;
    int r = read_ticket(paths.ticket, &ticket);

    if (r < 0)
        return r;
    r = key_pair_load(out_key, paths.fresh);
    if (r == -ENOENT)
        r = key_pair_load(out_key, path);
    if (r == 0)
        *out_ticket = ticket;
    return r;
}

/* A second name for it; one that is taken is another key's. */
static int keep_before(const char *path)
{
    char before[PATH_MAX + PATH_SUFFIX_MAX];

    for (uint32_t n = 1; n <= BEFORE_MAX; n++) {
        if (n == 1)
            snprintf(before, sizeof(before), "%s.before", path);
        else
            snprintf(before, sizeof(before), "%s.before.%u", path, n);
        if (link(path, before) == 0 || errno == ENOENT)
            return 0;
        if (errno != EEXIST)
            return -errno;
    }
    return -EEXIST;
}

int enrol_key_swap(const char *path)
{
    struct paths paths = paths_of(path);
    int r;

    if (access(paths.fresh, F_OK) < 0)
        return errno == ENOENT ? 0 : -errno; /* done, before the power went */
    r = keep_before(path);
    if (r == 0 && rename(paths.fresh, path) < 0)
        r = -errno;
    return r;
}
