#include "hal/printer.h"

#include <assert.h>

#include "backends.h"

int printer_write(struct printer *printer, const uint8_t *bytes, size_t length)
{
    assert(bytes || length == 0);
    if (!printer) {
        return -ENODEV;
    }
    return length == 0 ? 0 : printer->ops->write(printer, bytes, length);
}

int printer_status(struct printer *printer, struct printer_status *out_status)
{
    assert(out_status);
    if (!printer) {
        return -ENODEV;
    }
    if (!printer->ops->status) {
        *out_status = (struct printer_status){.known = false};
        return 0;
    }
    return printer->ops->status(printer, out_status);
}

void printer_close(struct printer *printer)
{
    if (printer) {
        printer->ops->close(printer);
    }
}

int printer_status_add(uint8_t n, uint8_t answer, struct printer_status *out_status)
{
    assert(n >= 1 && n <= 4 && out_status);
    if ((answer & 0x93) != 0x12) {
        return -EPROTO;
    }
    out_status->known = true;
    if (n == 1) {
        out_status->offline |= (answer & 0x08) != 0;
        out_status->drawer_open |= (answer & 0x04) != 0;
    } else if (n == 2) {
        out_status->cover_open |= (answer & 0x04) != 0;
        out_status->paper_end |= (answer & 0x20) != 0;
    } else if (n == 3) {
        out_status->cutter_error |= (answer & 0x08) != 0;
    } else {
        out_status->paper_near_end |= (answer & 0x0C) != 0;
        out_status->paper_end |= (answer & 0x60) != 0;
    }
    return 0;
}

/* A board without a printer: there is nothing to open, and the application offers the receipt on the screen. */
int printer_none_open(const struct printer_spec *spec, struct hal_context *context, struct printer **out_device)
{
    (void)spec;
    (void)out_device;
    hal_context_reason(context, "this board has no printer");
    return -ENOTSUP;
}
