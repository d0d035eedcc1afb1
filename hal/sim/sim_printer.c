#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../backends.h"
#include "../copy.h"
#include "../png_file.h"
#include "escpos_render.h"
#include "sim_core.h"

#define DEFAULT_DOTS 576

/* A printer whose paper is a picture: each cut writes receipt-NNNN.png into the folder that the board names. */
struct printer_sim {
    struct printer base;
    struct sim *sim;
    struct escpos_render *render;
    char folder[HAL_DEVICE_MAX];
    int failed; /* what writing the last picture met */
};

static void on_cut(void *context, const struct pixels *paper)
{
    struct printer_sim *self = context;
    char path[SIM_PATH_MAX];
    unsigned number;

    sim_lock(self->sim);
    number = self->sim->outputs.receipts + 1;
    sim_unlock(self->sim);
    snprintf(path, sizeof(path), "%s/receipt-%04u.png", self->folder, number);
    self->failed = png_file_write(paper, path);
    if (self->failed) {
        return;
    }
    sim_lock(self->sim);
    self->sim->outputs.receipts = number;
    copy_text(self->sim->outputs.last_receipt, sizeof(self->sim->outputs.last_receipt), path);
    sim_unlock(self->sim);
}

static void on_drawer(void *context, int pin, int on_ms)
{
    struct printer_sim *self = context;

    (void)pin;
    (void)on_ms;
    sim_lock(self->sim);
    sim_note_drawer(self->sim);
    sim_unlock(self->sim);
}

static int sim_write(struct printer *printer, const uint8_t *bytes, size_t length)
{
    struct printer_sim *self = (struct printer_sim *)printer;
    enum sim_fault fault = sim_fault_of(self->sim, HAL_PRINTER);
    int error = sim_check(self->sim, HAL_PRINTER);

    if (error) {
        return error;
    }
    if (fault == SIM_FAULT_PAPER_END || fault == SIM_FAULT_COVER_OPEN) {
        return -ETIMEDOUT;
    }
    self->failed = 0;
    escpos_render_feed(self->render, bytes, length);
    return self->failed;
}

static int sim_status(struct printer *printer, struct printer_status *out_status)
{
    struct printer_sim *self = (struct printer_sim *)printer;
    enum sim_fault fault = sim_fault_of(self->sim, HAL_PRINTER);
    int error = sim_check(self->sim, HAL_PRINTER);

    if (!error) {
        *out_status = (struct printer_status){
            .known = true,
            .offline = fault == SIM_FAULT_PAPER_END || fault == SIM_FAULT_COVER_OPEN,
            .cover_open = fault == SIM_FAULT_COVER_OPEN,
            .paper_end = fault == SIM_FAULT_PAPER_END,
            .paper_near_end = fault == SIM_FAULT_NEAR_END || fault == SIM_FAULT_PAPER_END,
        };
    }
    return error;
}

static void sim_printer_close(struct printer *printer)
{
    struct printer_sim *self = (struct printer_sim *)printer;

    escpos_render_close(self->render);
    free(self);
}

static const struct printer_ops sim_ops = {.write = sim_write, .status = sim_status, .close = sim_printer_close};

int printer_sim_open(const struct printer_spec *spec, struct hal_context *context, struct printer **out_device)
{
    const char *folder = spec->device[0] ? spec->device : "receipts";
    struct escpos_render_sink sink = {.cut = on_cut, .drawer = on_drawer};
    struct printer_sim *self;
    int error = sim_check_open(context, HAL_PRINTER);

    if (error) {
        return error;
    }
    if (mkdir(folder, 0755) < 0 && errno != EEXIST) {
        error = -errno;
        hal_context_reason(context, "printer: folder '%.100s' for receipts: %s", folder, strerror(-error));
        return error;
    }
    self = calloc(1, sizeof(*self));
    if (!self) {
        return -ENOMEM;
    }
    self->base.ops = &sim_ops;
    self->sim = context->sim;
    snprintf(self->folder, sizeof(self->folder), "%s", folder);
    sink.context = self;
    error = escpos_render_open(spec->dots ? spec->dots : DEFAULT_DOTS, &sink, &self->render);
    if (error) {
        free(self);
        return error;
    }
    *out_device = &self->base;
    return 0;
}
