#include "hal/drawer.h"

#include <assert.h>
#include <stdlib.h>

#include "backends.h"
#include "gpio_shared.h"
#include "hal/gpio.h"
#include "hal/printer.h"

#define DRAWER_PULSE_MS 120

int drawer_kick(struct drawer *drawer)
{
    return drawer ? drawer->ops->kick(drawer) : -ENODEV;
}

void drawer_close(struct drawer *drawer)
{
    if (drawer) {
        drawer->ops->close(drawer);
    }
}

/* Behind the printer or on a pin: both only remember where. The pointers follow a reopened printer or chip. */
struct drawer_wired {
    struct drawer base;
    struct printer *const *printer;
    struct gpio *const *gpio;
    pthread_mutex_t *swap_lock;
    int pin;
    int pulse_ms;
};

static int printer_kick(struct drawer *drawer)
{
    const struct drawer_wired *wired = (const struct drawer_wired *)drawer;
    uint8_t on = (uint8_t)(wired->pulse_ms / 2);
    const uint8_t pulse[] = {0x1B, 0x70, (uint8_t)wired->pin, on, on};

    return printer_write(*wired->printer, pulse, sizeof(pulse));
}

static int gpio_kick(struct drawer *drawer)
{
    const struct drawer_wired *wired = (const struct drawer_wired *)drawer;

    return gpio_pulse_shared(wired->gpio, wired->swap_lock, GPIO_DRAWER, wired->pulse_ms);
}

static void wired_close(struct drawer *drawer)
{
    free(drawer);
}

static const struct drawer_ops printer_ops = {.kick = printer_kick, .close = wired_close};
static const struct drawer_ops gpio_ops = {.kick = gpio_kick, .close = wired_close};

static int wired_open(const struct drawer_spec *spec, const struct hal_context *context, const struct drawer_ops *ops,
                      struct drawer **out_device)
{
    struct drawer_wired *wired = calloc(1, sizeof(*wired));

    if (!wired) {
        return -ENOMEM;
    }
    wired->base.ops = ops;
    wired->printer = context->printer;
    wired->gpio = context->gpio;
    wired->swap_lock = context->swap_lock;
    wired->pin = spec->pin;
    wired->pulse_ms = spec->pulse_ms ? spec->pulse_ms : DRAWER_PULSE_MS;
    *out_device = &wired->base;
    return 0;
}

int drawer_printer_open(const struct drawer_spec *spec, struct hal_context *context, struct drawer **out_device)
{
    assert(context->printer);
    return wired_open(spec, context, &printer_ops, out_device);
}

int drawer_gpio_open(const struct drawer_spec *spec, struct hal_context *context, struct drawer **out_device)
{
    assert(context->gpio);
    return wired_open(spec, context, &gpio_ops, out_device);
}

int drawer_none_open(const struct drawer_spec *spec, struct hal_context *context, struct drawer **out_device)
{
    (void)spec;
    (void)out_device;
    hal_context_reason(context, "this board has no cash drawer");
    return -ENOTSUP;
}
