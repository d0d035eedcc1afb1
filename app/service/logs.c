#include "internal.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOGS_MAX   (192 * 1024) /* unpacked */
#define OWN_MAX    (64 * 1024)  /* of the program's log; the rest is the system's */
#define PACKED_MAX (60 * 1024)  /* what central takes at once */

/* Of a line whose beginning was cut off nobody can tell any more what in it names a person. */
static size_t drop_cut_line(char *text, size_t len)
{
    const char *end = memchr(text, '\n', len);
    size_t left = end != NULL ? len - (size_t)(end + 1 - text) : 0;

    if (left > 0)
        memmove(text, end + 1, left);
    return left;
}

static size_t read_end(const char *path, char *out, size_t cap)
{
    int fd = path[0] != '\0' ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    off_t size = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
    off_t from = size > (off_t)cap ? size - (off_t)cap : 0;
    ssize_t got = fd >= 0 ? pread(fd, out, cap, from) : 0;

    if (fd >= 0)
        close(fd);
    if (got <= 0)
        return 0;
    return from > 0 ? drop_cut_line(out, (size_t)got) : (size_t)got;
}

/* What is no text would end it, or make a terminal do things. */
static void make_text(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] < 0x20 && text[i] != '\n' && text[i] != '\t')
            text[i] = '.';
    }
    text[len] = '\0';
}

size_t logs_gather(struct service *service, char *out, size_t cap)
{
    const struct updater_state *machine = &service->machine;
    size_t len = (size_t)snprintf(out, cap, "board %s, version %s, slot %s, floor %s\n--- terminal\n", service->board,
                                  machine->version, machine->slot, machine->floor);
    size_t own = cap - len < OWN_MAX ? cap - len : OWN_MAX, system = 0;

    len += read_end(service->log_path, out + len, own - 1);
    len += (size_t)snprintf(out + len, cap - len, "\n--- system\n");
    if (updater_journal(service->options.updater, out + len, cap - len - 1, &system) == 0)
        len += system == cap - len - 1 ? drop_cut_line(out + len, system) : system;
    make_text(out, len);
    service_redact(out);
    return strlen(out);
}

/* As much of the end as fits into one request when it is packed. */
static int send(struct service *service, uint64_t order, struct slice text)
{
    const struct service_options *o = &service->options;
    uint8_t *packed = malloc(PACKED_MAX);
    size_t len = 0;
    int r = packed != NULL ? -ENOSPC : -ENOMEM;

    while (r == -ENOSPC && text.len > 0) {
        r = compress_pack(service->compress, text, packed, PACKED_MAX, &len);
        if (r == -ENOSPC) {
            text.data += text.len / 4 + 1;
            text.len -= text.len / 4 + 1;
        }
    }
    if (r == 0)
        r = o->send_logs(o->context, order, (struct slice){packed, len});
    free(packed);
    return r;
}

/* Sending twice is harmless, so nothing is remembered on the way. */
int64_t logs_step(struct service *service, const struct feed_order *order)
{
    struct body_order_done end = {.order = order->order, .what = ORDER_LOGS, .outcome = ORDER_DONE};
    char *text = malloc(LOGS_MAX);
    int r = text != NULL ? 0 : -ENOMEM;

    if (r == 0) {
        size_t len = logs_gather(service, text, LOGS_MAX);
        r = send(service, order->order, (struct slice){(const uint8_t *)text, len});
    }
    free(text);
    if (r == -ENOENT) {
        end.outcome = ORDER_OVER;
        r = 0;
    }
    return r == 0 && service_tell_end(service, &end) == 0 ? 0 : RETRY_MS;
}
