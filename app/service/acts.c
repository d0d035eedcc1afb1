#include "internal.h"

#include "platform/file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/*
 * The acts that central has in no backup, onto a technician's stick: the way out for a device that has no network.
 * Whoever may write a stick takes the file from the folder, writes it and reads it back.
 */

static const char *words_of(int error)
{
    switch (error) {
    case -E2BIG:
        return "there are too many acts for one file";
    case -ENOSPC:
        return "no room on the disk";
    case -EUCLEAN:
        return "the books are damaged";
    default:
        return "the books cannot be read";
    }
}

static int write_file(struct service *service, const char *path, struct service_acts *out_acts)
{
    const struct service_options *o = &service->options;
    struct buffer file;
    int r;

    buffer_init(&file, ACTS_MAX);
    r = o->acts(o->context, &file, out_acts);
    if (r == 0 && out_acts->records > 0)
        r = update_has_room(service, file.len) ? file_write_atomic(path, file.data, file.len, 0600) : -ENOSPC;
    buffer_finish(&file);
    return r;
}

static enum stick_outcome hand_over(struct service *service, const struct service_acts *acts, struct stick_result *out)
{
    char label[48];

    snprintf(label, sizeof(label), "%" PRIu32 "-%" PRIu32 "-%" PRIu64, acts->terminal, acts->incarnation,
             acts->last_seq);
    int r = updater_stick_save(service->options.updater, label, out->reason);
    if (r < 0)
        return r == -ENOENT ? STICK_NONE : STICK_NOT_SAVED;
    snprintf(out->file, sizeof(out->file), "acts-%s.tsj", label);
    out->records = acts->records;
    return acts->damaged ? STICK_DAMAGED : STICK_SAVED;
}

void acts_save(struct service *service)
{
    const struct service_options *o = &service->options;
    struct service_acts acts = {0};
    struct stick_result result = {0};
    char path[PATH_MAX];

    service_path(service, UPDATER_ACTS, path);
    int r = write_file(service, path, &acts);
    if (r < 0) {
        result.outcome = STICK_NOT_SAVED;
        snprintf(result.reason, sizeof(result.reason), "%s", words_of(r));
    } else if (acts.records == 0) {
        result.outcome = acts.damaged ? STICK_DAMAGED : STICK_NOTHING;
    } else {
        result.outcome = hand_over(service, &acts, &result);
    }
    unlink(path);
    if (o->stick_done != NULL)
        o->stick_done(o->context, &result);
}
