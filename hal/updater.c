#include "hal/updater.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "updater_backends.h"

static const struct {
    const char *name;
    int (*open)(const struct updater_spec *, int, struct updater **);
} backends[] = {
    {"socket", updater_socket_open},
    {"none", updater_none_open},
#ifdef TILLSIDE_SIM
    {"sim", updater_sim_open},
#endif
};

int updater_open(const struct updater_spec *spec, int cancel_fd, struct updater **out_updater)
{
    const char *name = spec->backend[0] != '\0' ? spec->backend : backends[0].name;

    for (size_t i = 0; i < ARRAY_LEN(backends); i++) {
        if (strcmp(backends[i].name, name) == 0) {
            return backends[i].open(spec, cancel_fd, out_updater);
        }
    }
    return -EINVAL;
}

int updater_state(struct updater *updater, struct updater_state *out_state, char *out_reason)
{
    assert(updater && out_state && out_reason);
    return updater->ops->state(updater, out_state, out_reason);
}

int updater_inspect(struct updater *updater, struct updater_bundle *out_bundle, char *out_reason)
{
    assert(updater && out_bundle && out_reason);
    return updater->ops->inspect(updater, out_bundle, out_reason);
}

int updater_install(struct updater *updater, char *out_reason)
{
    assert(updater && out_reason);
    return updater->ops->install(updater, out_reason);
}

int updater_reboot(struct updater *updater, char *out_reason)
{
    assert(updater && out_reason);
    return updater->ops->reboot(updater, out_reason);
}

int updater_journal(struct updater *updater, char *out_text, size_t cap, size_t *out_len)
{
    assert(updater && out_text && out_len);
    return updater->ops->journal(updater, out_text, cap, out_len);
}

int updater_stick_take(struct updater *updater, char *out_folder, char *out_reason)
{
    assert(updater && out_folder && out_reason);
    return updater->ops->stick_take(updater, out_folder, out_reason);
}

int updater_stick_return(struct updater *updater, char *out_reason)
{
    assert(updater && out_reason);
    return updater->ops->stick_return(updater, out_reason);
}

int updater_stick_save(struct updater *updater, const char *label, char *out_reason)
{
    assert(updater && label && out_reason);
    return updater->ops->stick_save(updater, label, out_reason);
}

int updater_reset(struct updater *updater, char *out_reason)
{
    assert(updater && out_reason);
    return updater->ops->reset(updater, out_reason);
}

void updater_close(struct updater *updater)
{
    if (updater) {
        updater->ops->close(updater);
    }
}

/* A board without one: says so whenever it is asked. */

static int absent(char *out_reason)
{
    snprintf(out_reason, UPDATER_REASON_MAX, "this board has no updater");
    return -ENODEV;
}

static int none_state(struct updater *updater, struct updater_state *out_state, char *out_reason)
{
    (void)updater;
    (void)out_state;
    return absent(out_reason);
}

static int none_inspect(struct updater *updater, struct updater_bundle *out_bundle, char *out_reason)
{
    (void)updater;
    (void)out_bundle;
    return absent(out_reason);
}

static int none_act(struct updater *updater, char *out_reason)
{
    (void)updater;
    return absent(out_reason);
}

static int none_journal(struct updater *updater, char *out_text, size_t cap, size_t *out_len)
{
    (void)updater;
    (void)out_text;
    (void)cap;
    (void)out_len;
    return -ENODEV;
}

static int none_take(struct updater *updater, char *out_folder, char *out_reason)
{
    (void)updater;
    (void)out_folder;
    return absent(out_reason);
}

static int none_save(struct updater *updater, const char *label, char *out_reason)
{
    (void)updater;
    (void)label;
    return absent(out_reason);
}

static void none_close(struct updater *updater)
{
    (void)updater; /* one for all, never changed */
}

int updater_none_open(const struct updater_spec *spec, int cancel_fd, struct updater **out_updater)
{
    static const struct updater_ops ops = {none_state, none_inspect, none_act,  none_act, none_journal,
                                           none_take,  none_act,     none_save, none_act, none_close};
    static struct updater none = {&ops};

    (void)spec;
    (void)cancel_fd;
    *out_updater = &none;
    return 0;
}
