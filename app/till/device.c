#include "books.h"

#include <string.h>

/* Constant for a machine, a disk, a partition; "" where it is not known. */
static bool differs(const char *recorded, const char *now)
{
    return recorded[0] != '\0' && now[0] != '\0' && strcmp(recorded, now) != 0;
}

static int load_recorded(struct books *b, struct body_incarnation *out)
{
    struct body body;
    int r = journal_read_body(b->db, journal_id(b->era, 1), &body);

    if (r == 0 && body.kind != RECORD_INCARNATION)
        r = -EUCLEAN;
    if (r == 0)
        *out = body.incarnation;
    return r;
}

static int keep(struct books *b, bool foreign, uint64_t boot_count)
{
    int r = books_begin(b);

    if (r < 0)
        return r;
    b->touched.backlog = foreign;
    if (foreign)
        r = config_set_int(b->db, "forked", 1);
    else
        r = config_set_int(b->db, "boot_count", (int64_t)boot_count);
    if (r < 0) {
        books_abort(b);
        return r;
    }
    r = books_commit(b);
    return r < 0 ? r : store_load(b);
}

int device_check(struct books *b, const struct body_incarnation *device)
{
    struct body_incarnation recorded;
    int64_t booted;
    bool foreign;
    int r;

    if (device == NULL || !b->enrolled || b->role.forked)
        return 0;
    r = load_recorded(b, &recorded);
    if (r == 0)
        r = config_get_int(b->db, "boot_count", &booted);
    if (r < 0)
        return r;
    if ((uint64_t)booted < recorded.boot_count)
        booted = (int64_t)recorded.boot_count;
    foreign = differs(recorded.hardware_serial, device->hardware_serial) ||
              differs(recorded.disk_serial, device->disk_serial) || differs(recorded.data_uuid, device->data_uuid) ||
              (device->boot_count != 0 && device->boot_count < (uint64_t)booted);
    if (!foreign && (device->boot_count == 0 || device->boot_count == (uint64_t)booted))
        return 0;
    return keep(b, foreign, device->boot_count);
}
