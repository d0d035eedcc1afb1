#include <librsvg/rsvg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "screens/icons.h"

static const char *const files[ICON_COUNT] = {
    [ICON_NONE] = "",
    [ICON_BACK] = "back",
    [ICON_BADGE] = "badge",
    [ICON_CALENDAR] = "calendar",
    [ICON_CAMERA] = "camera",
    [ICON_CAMERA_OFF] = "camera_off",
    [ICON_CHECK] = "check",
    [ICON_CLERK] = "clerk",
    [ICON_CLOCK] = "clock",
    [ICON_CLOSER] = "closer",
    [ICON_COMPARE] = "compare",
    [ICON_COUPON] = "coupon",
    [ICON_CREDIT] = "credit",
    [ICON_CROSS] = "cross",
    [ICON_DARK] = "dark",
    [ICON_DISPLAY] = "display",
    [ICON_DRAWER] = "drawer",
    [ICON_ERASE] = "erase",
    [ICON_EXCLAMATION] = "exclamation",
    [ICON_FARTHER] = "farther",
    [ICON_GIFT] = "gift",
    [ICON_GLARE] = "glare",
    [ICON_GPIO] = "gpio",
    [ICON_KEYPAD] = "keypad",
    [ICON_LANGUAGE] = "language",
    [ICON_LOCK] = "lock",
    [ICON_MARK_ASK] = "mark_ask",
    [ICON_MARK_GOOD] = "mark_good",
    [ICON_MARK_REFUSE] = "mark_refuse",
    [ICON_MARK_WAIT] = "mark_wait",
    [ICON_MEMBER] = "member",
    [ICON_NETWORK] = "network",
    [ICON_NETWORK_OFF] = "network_off",
    [ICON_NEXT] = "next",
    [ICON_PHONE_CODE] = "phone_code",
    [ICON_PRINTER] = "printer",
    [ICON_RECEIPT] = "receipt",
    [ICON_SALE] = "sale",
    [ICON_SCAN] = "scan",
    [ICON_SCANNER] = "scanner",
    [ICON_SEARCH] = "search",
    [ICON_SERVICE] = "service",
    [ICON_SIGN_OUT] = "sign_out",
    [ICON_SOUND] = "sound",
    [ICON_STAR] = "star",
    [ICON_STEADY] = "steady",
    [ICON_STORAGE] = "storage",
    [ICON_STORE] = "store",
    [ICON_TAG] = "tag",
    [ICON_TOUCH] = "touch",
    [ICON_UPLOAD] = "upload",
    [ICON_VOID] = "void",
};

struct mask {
    enum icon icon;
    int side;
    uint64_t used; /* 0 = free */
    cairo_surface_t *surface;
};

struct icons {
    char folder[512];
    uint64_t clock;
    struct mask masks[ICON_CACHE_MAX];
};

const char *icon_file(enum icon icon)
{
    return files[icon];
}

static int icon_path(const struct icons *icons, enum icon icon, char *out, size_t cap)
{
    int n = snprintf(out, cap, "%s/icons/%s.svg", icons->folder, files[icon]);
    return n < 0 || (size_t)n >= cap ? -ENAMETOOLONG : 0;
}

int icons_open(const char *assets_dir, struct icons **out_icons)
{
    struct icons *icons = calloc(1, sizeof(*icons));
    if (icons == NULL) {
        return -ENOMEM;
    }
    char path[640];
    int error = 0;
    snprintf(icons->folder, sizeof(icons->folder), "%s", assets_dir);
    for (int i = ICON_NONE + 1; i < ICON_COUNT && error == 0; i++) {
        error = icon_path(icons, (enum icon)i, path, sizeof(path));
        if (error == 0 && access(path, R_OK) != 0) {
            error = -errno;
        }
    }
    if (error != 0) {
        icons_close(icons);
        return error;
    }
    *out_icons = icons;
    return 0;
}

void icons_close(struct icons *icons)
{
    if (icons == NULL) {
        return;
    }
    for (size_t i = 0; i < ICON_CACHE_MAX; i++) {
        cairo_surface_destroy(icons->masks[i].surface);
    }
    free(icons);
}

/* NULL when the file cannot be drawn. */
static cairo_surface_t *render(const struct icons *icons, enum icon icon, int side)
{
    char path[640];
    if (icon_path(icons, icon, path, sizeof(path)) != 0) {
        return NULL;
    }
    RsvgHandle *handle = rsvg_handle_new_from_file(path, NULL);
    if (handle == NULL) {
        return NULL;
    }
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, side, side);
    cairo_t *cairo = cairo_create(surface);
    const RsvgRectangle viewport = {0, 0, side, side};
    gboolean drawn = rsvg_handle_render_document(handle, cairo, &viewport, NULL);
    cairo_destroy(cairo);
    g_object_unref(handle);
    if (!drawn) {
        cairo_surface_destroy(surface);
        return NULL;
    }
    return surface;
}

static struct mask *mask_of(struct icons *icons, enum icon icon, int side)
{
    struct mask *oldest = &icons->masks[0];
    for (size_t i = 0; i < ICON_CACHE_MAX; i++) {
        struct mask *mask = &icons->masks[i];
        if (mask->used != 0 && mask->icon == icon && mask->side == side) {
            mask->used = ++icons->clock;
            return mask;
        }
        if (mask->used < oldest->used) {
            oldest = mask;
        }
    }
    cairo_surface_destroy(oldest->surface);
    *oldest = (struct mask){.icon = icon, .side = side, .used = ++icons->clock};
    oldest->surface = render(icons, icon, side);
    return oldest;
}

void icons_draw(struct icons *icons, cairo_t *cairo, enum icon icon, struct rect area, uint32_t colour)
{
    int side = area.width < area.height ? area.width : area.height;
    if (icon == ICON_NONE || side <= 0) {
        return;
    }
    const struct mask *mask = mask_of(icons, icon, side);
    if (mask->surface == NULL) {
        return;
    }
    cairo_set_source_rgba(cairo, ((colour >> 16) & 0xFF) / 255.0, ((colour >> 8) & 0xFF) / 255.0,
                          (colour & 0xFF) / 255.0, (colour >> 24) / 255.0);
    int x = area.x + (area.width - side) / 2;
    int y = area.y + (area.height - side) / 2;
    cairo_mask_surface(cairo, mask->surface, x, y);
}
