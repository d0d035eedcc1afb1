#include "hal/context.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const char *const names[HAL_DEVICE_COUNT] = {
    [HAL_DISPLAY] = "display", [HAL_INPUT] = "input",     [HAL_CAMERA] = "camera", [HAL_SCANNER] = "scanner",
    [HAL_GPIO] = "gpio",       [HAL_PRINTER] = "printer", [HAL_DRAWER] = "drawer", [HAL_SOUND] = "sound",
    [HAL_NETWORK] = "network", [HAL_STORAGE] = "storage",
};

const char *hal_device_name(enum hal_device device)
{
    assert((unsigned)device < HAL_DEVICE_COUNT);
    return names[device];
}

int hal_device_from_name(const char *name, enum hal_device *out_device)
{
    assert(name && out_device);
    for (size_t i = 0; i < HAL_DEVICE_COUNT; i++) {
        if (strcmp(names[i], name) == 0) {
            *out_device = (enum hal_device)i;
            return 0;
        }
    }
    return -ENOENT;
}

void hal_context_reason(struct hal_context *context, const char *format, ...)
{
    va_list args;

    assert(context && format);
    va_start(args, format);
    vsnprintf(context->reason, sizeof(context->reason), format, args);
    va_end(args);
}
