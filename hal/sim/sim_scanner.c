#include <stdlib.h>
#include <string.h>

#include "../backends.h"
#include "../scan_text.h"
#include "../wait.h"
#include "sim_core.h"

struct scanner_sim {
    struct scanner base;
    struct sim *sim;
    int cancel_fd;
    struct scan_text text;
};

static bool take(struct scanner_sim *self)
{
    struct sim *sim = self->sim;
    bool found;

    sim_lock(sim);
    found = sim->scan_count > 0;
    if (found) {
        for (const char *at = sim->scans[sim->scan_from]; *at; at++) {
            scan_text_add(&self->text, (uint8_t)*at);
        }
        sim->scan_from = (sim->scan_from + 1) % SIM_SCANS_MAX;
        sim->scan_count--;
    }
    sim_unlock(sim);
    return found;
}

static int sim_scanner_wait(struct scanner *scanner, int timeout_ms, struct scanner_text *out_text)
{
    struct scanner_sim *self = (struct scanner_sim *)scanner;
    int64_t deadline = hal_deadline_ns(timeout_ms);

    for (;;) {
        int error = sim_check(self->sim, HAL_SCANNER);

        if (!error && take(self)) {
            error = scan_text_end(&self->text, hal_now_ns(), out_text);
            if (error == -ENODATA) {
                continue;
            }
            return error;
        }
        if (!error) {
            error = sim_wait(self->sim, HAL_SCANNER, self->cancel_fd, deadline);
        }
        if (error) {
            return error;
        }
    }
}

static void sim_scanner_close(struct scanner *scanner)
{
    free(scanner);
}

static const struct scanner_ops sim_ops = {.wait = sim_scanner_wait, .close = sim_scanner_close};

int scanner_sim_open(const struct scanner_spec *spec, struct hal_context *context, struct scanner **out_device)
{
    struct scanner_sim *self;
    int error = sim_check_open(context, HAL_SCANNER);

    (void)spec;
    if (error) {
        return error;
    }
    self = calloc(1, sizeof(*self));
    if (!self) {
        return -ENOMEM;
    }
    self->base.ops = &sim_ops;
    self->sim = context->sim;
    self->cancel_fd = context->cancel_fd;
    *out_device = &self->base;
    return 0;
}
