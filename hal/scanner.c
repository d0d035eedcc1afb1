#include "hal/scanner.h"

#include <assert.h>
#include <stdlib.h>

#include "backends.h"
#include "wait.h"

int scanner_wait(struct scanner *scanner, int timeout_ms, struct scanner_text *out_text)
{
    assert(out_text);
    return scanner ? scanner->ops->wait(scanner, timeout_ms, out_text) : -ENODEV;
}

void scanner_close(struct scanner *scanner)
{
    if (scanner) {
        scanner->ops->close(scanner);
    }
}

/* A board without a scanner: its worker sleeps until the program ends. */
struct scanner_none {
    struct scanner base;
    int cancel_fd;
};

static int none_wait(struct scanner *scanner, int timeout_ms, struct scanner_text *out_text)
{
    (void)out_text;
    return hal_wait_fd(-1, 0, ((struct scanner_none *)scanner)->cancel_fd, hal_deadline_ns(timeout_ms));
}

static void none_close(struct scanner *scanner)
{
    free(scanner);
}

static const struct scanner_ops none_ops = {.wait = none_wait, .close = none_close};

int scanner_none_open(const struct scanner_spec *spec, struct hal_context *context, struct scanner **out_device)
{
    struct scanner_none *none = calloc(1, sizeof(*none));

    (void)spec;
    if (!none) {
        return -ENOMEM;
    }
    none->base.ops = &none_ops;
    none->cancel_fd = context->cancel_fd;
    *out_device = &none->base;
    return 0;
}
