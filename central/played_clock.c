#include "central/played_clock.h"

#include <assert.h>
#include <fcntl.h>
#include <unistd.h>

static int64_t ahead_ms(const struct clock *clock)
{
    int64_t ahead = 0;
    ssize_t got = pread(((const struct played_clock *)clock)->fd, &ahead, sizeof(ahead), 0);
    assert(got == (ssize_t)sizeof(ahead)); /* it did when it was opened, and nobody but the player writes it */
    return ahead;
}

static int64_t played_wall_ms(const struct clock *clock)
{
    return clock_wall_ms(clock_real()) + ahead_ms(clock);
}

static int64_t played_mono_ms(const struct clock *clock)
{
    return clock_mono_ms(clock_real()) + ahead_ms(clock);
}

static const struct clock_ops ops = {.wall_ms = played_wall_ms, .mono_ms = played_mono_ms};

int played_clock_open(struct played_clock *clock, const char *path)
{
    int64_t ahead;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ssize_t got = pread(fd, &ahead, sizeof(ahead), 0);
    if (got != (ssize_t)sizeof(ahead)) {
        int rc = got < 0 ? -errno : -EINVAL;
        close(fd);
        return rc;
    }
    *clock = (struct played_clock){.base = {.ops = &ops}, .fd = fd};
    return 0;
}

void played_clock_close(struct played_clock *clock)
{
    if (clock->base.ops)
        close(clock->fd);
    clock->base.ops = NULL;
}
