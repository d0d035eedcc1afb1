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

int device_check(struct books *b, const struct body_incarnation *device)
{
    struct body_incarnation recorded;
    int r;

    if (device == NULL || !b->enrolled || b->role.forked)
        return 0;
    r = load_recorded(b, &recorded);
    if (r < 0)
        return r;
    if (!differs(recorded.hardware_serial, device->hardware_serial) &&
        !differs(recorded.disk_serial, device->disk_serial) && !differs(recorded.data_uuid, device->data_uuid))
        return 0;
    mark_tell(b, TILL_BOOKS_OF_ANOTHER, 0);
    return books_remember_fork(b);
}
