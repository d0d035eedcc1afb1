#include "internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX        ".raucb"
#define FILES_MAX     16
#define FILE_NAME_MAX 64

/* A technician's stick: the bundles on it in the order of their names, the first that this device may go to. */

struct names {
    size_t count;
    char list[FILES_MAX][FILE_NAME_MAX];
};

/* In their order; of more than there is room for, the first. */
static void insert(struct names *names, const char *name, size_t len)
{
    size_t at = names->count;

    while (at > 0 && strcmp(name, names->list[at - 1]) < 0)
        at--;
    if (at == FILES_MAX)
        return;
    names->count += names->count < FILES_MAX;
    memmove(names->list[at + 1], names->list[at], (names->count - at - 1) * sizeof(names->list[0]));
    memcpy(names->list[at], name, len + 1);
}

static void list_bundles(const char *folder, struct names *out)
{
    struct dirent *entry;
    DIR *dir = opendir(folder);

    out->count = 0;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        size_t len = strlen(entry->d_name);
        if (entry->d_name[0] == '.' || len >= FILE_NAME_MAX || len <= strlen(SUFFIX) ||
            strcmp(entry->d_name + len - strlen(SUFFIX), SUFFIX) != 0)
            continue;
        insert(out, entry->d_name, len);
    }
    if (dir != NULL)
        closedir(dir);
}

static int copy_bytes(struct service *service, int from, int to, int64_t size)
{
    for (int64_t at = 0; at < size;) {
        ssize_t got = read(from, service->part, SERVICE_PART_BYTES);
        if (got <= 0)
            return got < 0 ? -errno : -EIO;
        if (write(to, service->part, (size_t)got) != got)
            return -ENOSPC;
        at += got;
    }
    return fsync(to) < 0 ? -errno : 0;
}

/* A file and nothing else: a stick may hold what it likes. */
static int copy_in(struct service *service, const char *folder, const char *name)
{
    char from_path[PATH_MAX], to_path[PATH_MAX];
    struct stat status;

    snprintf(from_path, sizeof(from_path), "%s/%s", folder, name);
    service_path(service, UPDATER_BUNDLE, to_path);
    int from = open(from_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    int to = from >= 0 ? open(to_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
    int r = to < 0 ? -errno : fstat(from, &status) < 0 ? -errno : 0;

    if (r == 0 && (!S_ISREG(status.st_mode) || status.st_size == 0 || status.st_size > BUNDLE_MAX))
        r = -EBADMSG;
    if (r == 0 && !update_has_room(service, (uint64_t)status.st_size))
        r = -ENOSPC;
    if (r == 0)
        r = copy_bytes(service, from, to, status.st_size);
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    return r;
}

static enum stick_outcome refuse(struct stick_result *result, enum stick_outcome outcome, const char *reason)
{
    memset(result->reason, 0, sizeof(result->reason));
    snprintf(result->reason, sizeof(result->reason), "%s", reason);
    return outcome;
}

/* From here on it is a job like any other, of order 0. */
static enum stick_outcome install(struct service *service, const char *version, struct stick_result *result)
{
    struct job *job = &service->state.update;
    char reason[UPDATER_REASON_MAX] = "";
    int r = updater_install(service->options.updater, reason);

    if (r < 0)
        return refuse(result, r == -EKEYREJECTED ? STICK_REFUSED : STICK_FAILED, reason);
    memset(job, 0, sizeof(*job));
    job->phase = JOB_INSTALLED;
    snprintf(job->version, sizeof(job->version), "%s", version);
    memcpy(job->boot, service->machine.boot, sizeof(job->boot));
    return state_save(service) == 0 ? STICK_INSTALLED : refuse(result, STICK_FAILED, "the disk cannot be written");
}

static enum stick_outcome try_one(struct service *service, const char *folder, struct stick_result *result)
{
    struct updater_bundle bundle;
    char reason[UPDATER_REASON_MAX] = "";
    int r = copy_in(service, folder, result->file);

    if (r == -EBADMSG)
        return refuse(result, STICK_REFUSED, "it is no file of a bundle's size");
    if (r < 0)
        return refuse(result, STICK_FAILED, r == -ENOSPC ? "no room on the disk" : "the stick cannot be read");
    r = updater_inspect(service->options.updater, &bundle, reason);
    if (r < 0)
        return refuse(result, r == -EKEYREJECTED ? STICK_REFUSED : STICK_FAILED, reason);
    snprintf(result->version, sizeof(result->version), "%s", bundle.version);
    const char *refusal = update_refusal(service, bundle.compatible, bundle.version, reason, sizeof(reason));
    if (refusal != NULL)
        return refuse(result, STICK_REFUSED, refusal);
    if (version_compare(bundle.version, service->machine.version) == 0)
        return STICK_NO_NEWER;
    return install(service, bundle.version, result);
}

/* The first that is installed ends it; else what was said of the first that was refused stands. */
static void try_all(struct service *service, const char *folder, struct stick_result *out_result)
{
    struct names names;
    struct stick_result said = {.outcome = STICK_EMPTY};

    list_bundles(folder, &names);
    for (size_t i = 0; i < names.count && said.outcome != STICK_INSTALLED; i++) {
        struct stick_result one = {0};
        memcpy(one.file, names.list[i], sizeof(names.list[i]));
        one.outcome = try_one(service, folder, &one);
        if (said.outcome == STICK_EMPTY || said.outcome == STICK_NO_NEWER || one.outcome == STICK_INSTALLED)
            said = one;
    }
    if (said.outcome != STICK_INSTALLED)
        download_forget(service);
    *out_result = said;
}

void stick_read(struct service *service)
{
    const struct service_options *o = &service->options;
    struct stick_result result = {0};
    char folder[HAL_DEVICE_MAX], reason[UPDATER_REASON_MAX] = "";
    int r = updater_state(o->updater, &service->machine, result.reason);

    if (r == 0)
        r = updater_stick_take(o->updater, folder, result.reason);
    if (r < 0) {
        result.outcome = r == -ENOENT ? STICK_NONE : STICK_FAILED;
    } else {
        if (service->state.update.phase != JOB_NONE)
            result.outcome = STICK_BUSY;
        else
            try_all(service, folder, &result);
        result.logs_written = updater_stick_return(o->updater, reason) == 0;
    }
    if (o->stick_done != NULL)
        o->stick_done(o->context, &result);
}
