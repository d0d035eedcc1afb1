#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../updater_backends.h"

#define FIRST_VERSION TILLSIDE_VERSION
#define END_MAX       4096 /* of a bundle, in which its manifest stands */
#define PATH_CAP      (HAL_DEVICE_MAX + 64)

/* Two slots and a machine that restarts when it is told to: what the boot loader and RAUC do, in one small file. */
struct slots {
    char running; /* 'A', 'B' */
    char due;     /* the one of the next start */
    char floor[24];
    char version[2][24];
    unsigned boots;
};

struct updater_sim {
    struct updater base;
    char folder[HAL_DEVICE_MAX];
};

static void path_in(const char *folder, const char *name, char out[PATH_CAP])
{
    snprintf(out, PATH_CAP, "%s/%s", folder, name);
}

/* A machine that nobody wrote anything of was just made. */
static int slots_read(const char *folder, struct slots *out_slots)
{
    struct slots slots = {'A', 'A', "0", {FIRST_VERSION, FIRST_VERSION}, 1};
    char path[PATH_CAP];
    FILE *file;
    int count;

    path_in(folder, UPDATER_SIM_SLOTS, path);
    file = fopen(path, "re");
    if (!file && errno != ENOENT) {
        return -errno;
    }
    if (file) {
        count = fscanf(file, "%c %c %23s %23s %23s %u", &slots.running, &slots.due, slots.floor, slots.version[0],
                       slots.version[1], &slots.boots);
        fclose(file);
        if (count != 6) {
            return -EBADMSG;
        }
    }
    *out_slots = slots;
    return 0;
}

static int slots_write(const char *folder, const struct slots *slots)
{
    char path[PATH_CAP];
    char newer[PATH_CAP];
    FILE *file;
    int error;

    path_in(folder, UPDATER_SIM_SLOTS, path);
    path_in(folder, UPDATER_SIM_SLOTS ".new", newer);
    file = fopen(newer, "we");
    if (!file) {
        return -errno;
    }
    error = fprintf(file, "%c %c %s %s %s %u\n", slots->running, slots->due, slots->floor, slots->version[0],
                    slots->version[1], slots->boots) < 0
                ? -EIO
                : 0;
    error = fclose(file) != 0 ? -EIO : error;
    return error ? error : rename(newer, path) < 0 ? -errno : 0;
}

int updater_sim_restart(const char *folder)
{
    struct slots slots;
    int error = slots_read(folder, &slots);

    if (error) {
        return error;
    }
    slots.boots++;
    if (strstr(slots.version[slots.due - 'A'], "~crash")) {
        slots.due = slots.running; /* three tries later */
    }
    slots.running = slots.due;
    return slots_write(folder, &slots);
}

static int say(char *out_reason, int error, const char *text)
{
    snprintf(out_reason, UPDATER_REASON_MAX, "%s", text);
    return error;
}

static int sim_state(struct updater *updater, struct updater_state *out_state, char *out_reason)
{
    struct updater_state state = {.good = true};
    struct slots slots;
    int error = slots_read(((struct updater_sim *)updater)->folder, &slots);

    if (error) {
        return say(out_reason, error, "the simulated slots cannot be read");
    }
    state.slot[0] = slots.running;
    snprintf(state.version, sizeof(state.version), "%s", slots.version[slots.running - 'A']);
    snprintf(state.floor, sizeof(state.floor), "%s", slots.floor);
    snprintf(state.boot, sizeof(state.boot), "boot-%u", slots.boots);
    *out_state = state;
    return 0;
}

static void take_value(const char *end, const char *key, char *out, size_t cap)
{
    const char *at = strstr(end, key);

    if (at) {
        snprintf(out, cap, "%.*s", (int)strcspn(at + strlen(key), "\r\n"), at + strlen(key));
    }
}

static int read_bundle(const char *folder, struct updater_bundle *out_bundle, char *out_reason)
{
    struct updater_bundle bundle = {0};
    char path[PATH_CAP];
    char magic[4] = "";
    char end[END_MAX + 1] = "";
    size_t length;
    FILE *file;

    path_in(folder, UPDATER_BUNDLE, path);
    file = fopen(path, "re");
    if (!file) {
        return say(out_reason, -EKEYREJECTED, "no bundle was handed over");
    }
    length = fread(magic, 1, sizeof(magic), file);
    if (length == sizeof(magic) && fseek(file, -END_MAX, SEEK_END) < 0) {
        rewind(file);
    }
    length = length == sizeof(magic) ? fread(end, 1, END_MAX, file) : 0;
    fclose(file);
    for (size_t i = 0; i < length; i++) {
        end[i] = end[i] == '\0' ? ' ' : end[i];
    }
    take_value(end, "compatible=", bundle.compatible, sizeof(bundle.compatible));
    take_value(end, "version=", bundle.version, sizeof(bundle.version));
    if (memcmp(magic, "hsqs", 4) != 0 || bundle.compatible[0] == '\0' || bundle.version[0] == '\0') {
        return say(out_reason, -EKEYREJECTED, "signature verification failed: no such bundle");
    }
    *out_bundle = bundle;
    return 0;
}

static int sim_inspect(struct updater *updater, struct updater_bundle *out_bundle, char *out_reason)
{
    return read_bundle(((struct updater_sim *)updater)->folder, out_bundle, out_reason);
}

static int sim_install(struct updater *updater, char *out_reason)
{
    const struct updater_sim *self = (const struct updater_sim *)updater;
    struct updater_bundle bundle;
    struct slots slots;
    int error = read_bundle(self->folder, &bundle, out_reason);

    error = error ? error : slots_read(self->folder, &slots);
    if (error) {
        return error;
    }
    if (strstr(bundle.version, "~refuse")) {
        return say(out_reason, -EKEYREJECTED, "the bundle was refused");
    }
    if (strstr(bundle.version, "~fail")) {
        return say(out_reason, -EIO, "the slot could not be written");
    }
    slots.due = slots.running == 'A' ? 'B' : 'A';
    memcpy(slots.version[slots.due - 'A'], bundle.version, sizeof(bundle.version));
    error = slots_write(self->folder, &slots);
    return error ? say(out_reason, -EIO, "the simulated slots cannot be written") : 0;
}

static int sim_reboot(struct updater *updater, char *out_reason)
{
    int error = updater_sim_restart(((struct updater_sim *)updater)->folder);

    return error ? say(out_reason, -EIO, "the simulated slots cannot be written") : 0;
}

static int sim_journal(struct updater *updater, char *out_text, size_t cap, size_t *out_len)
{
    struct slots slots;
    int error = slots_read(((struct updater_sim *)updater)->folder, &slots);
    int length;

    if (error) {
        return error;
    }
    length = snprintf(out_text, cap, "simulated machine, start %u, slot %c\n", slots.boots, slots.running);
    *out_len = (size_t)length < cap ? (size_t)length : cap;
    return 0;
}

static int sim_take(struct updater *updater, char *out_folder, char *out_reason)
{
    char path[PATH_CAP];
    struct stat status;

    path_in(((struct updater_sim *)updater)->folder, UPDATER_SIM_STICK, path);
    if (stat(path, &status) < 0 || !S_ISDIR(status.st_mode)) {
        return say(out_reason, -ENOENT, "no stick");
    }
    if (strlen(path) >= HAL_DEVICE_MAX) {
        return -ENAMETOOLONG;
    }
    memcpy(out_folder, path, strlen(path) + 1);
    return 0;
}

static int sim_return(struct updater *updater, char *out_reason)
{
    char folder[HAL_DEVICE_MAX];
    char path[PATH_CAP];
    char text[128];
    size_t length = 0;
    int error = sim_take(updater, folder, out_reason);
    FILE *file;

    error = error ? error : sim_journal(updater, text, sizeof(text), &length);
    if (error) {
        return error;
    }
    path_in(folder, "journal.txt", path);
    file = fopen(path, "we");
    if (!file) {
        return say(out_reason, -EIO, "the logs could not be written");
    }
    error = fwrite(text, 1, length, file) != length ? -EIO : 0;
    return fclose(file) != 0 || error ? say(out_reason, -EIO, "the logs could not be written") : 0;
}

/* One file of a few hundred kilobytes at most: what was sold at a desk. */
static int copy_file(const char *from_path, const char *to_path)
{
    char part[4096];
    size_t length;
    FILE *from = fopen(from_path, "re");
    FILE *to = from ? fopen(to_path, "we") : NULL;
    int error = to ? 0 : -EIO;

    while (!error && (length = fread(part, 1, sizeof(part), from)) > 0) {
        error = fwrite(part, 1, length, to) != length ? -EIO : 0;
    }
    if (from) {
        fclose(from);
    }
    return to && fclose(to) != 0 ? -EIO : error;
}

static int sim_save(struct updater *updater, const char *label, char *out_reason)
{
    char stick[HAL_DEVICE_MAX];
    char name[64];
    char from[PATH_CAP];
    char to[PATH_CAP];
    int error = sim_take(updater, stick, out_reason);

    if (error) {
        return error;
    }
    path_in(((struct updater_sim *)updater)->folder, UPDATER_ACTS, from);
    snprintf(name, sizeof(name), "acts-%.50s.tsj", label);
    path_in(stick, name, to);
    return copy_file(from, to) < 0 ? say(out_reason, -EIO, "the acts could not be written") : 0;
}

static int sim_reset(struct updater *updater, char *out_reason)
{
    const struct updater_sim *self = (const struct updater_sim *)updater;
    char path[PATH_CAP];
    FILE *file;

    path_in(self->folder, UPDATER_SIM_RESET, path);
    file = fopen(path, "we");
    if (!file || fclose(file) != 0) {
        return say(out_reason, -EIO, "the disk cannot be written");
    }
    return sim_reboot(updater, out_reason);
}

static void sim_close(struct updater *updater)
{
    free(updater);
}

int updater_sim_open(const struct updater_spec *spec, int cancel_fd, struct updater **out_updater)
{
    static const struct updater_ops ops = {sim_state, sim_inspect, sim_install, sim_reboot, sim_journal,
                                           sim_take,  sim_return,  sim_save,    sim_reset,  sim_close};
    struct updater_sim *self = calloc(1, sizeof(*self));

    (void)cancel_fd;
    if (!self) {
        return -ENOMEM;
    }
    self->base.ops = &ops;
    snprintf(self->folder, sizeof(self->folder), "%s", spec->device);
    *out_updater = &self->base;
    return 0;
}
