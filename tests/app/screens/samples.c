#include <qrencode.h>
#include <stdio.h>
#include <string.h>

#include "sample_sets.h"

const struct sample_size sample_sizes[SAMPLE_SIZES] = {{1280, 800}, {1920, 1080}, {1080, 1920}, {800, 480}};

size_t sample_count(void)
{
    return shopper_sample_count + staff_sample_count;
}

const struct sample *sample_at(size_t i)
{
    return i < shopper_sample_count ? &shopper_samples[i] : &staff_samples[i - shopper_sample_count];
}

const struct sample *sample_named(const char *name)
{
    for (size_t i = 0; i < sample_count(); i++) {
        if (strcmp(sample_at(i)->name, name) == 0) {
            return sample_at(i);
        }
    }
    return NULL;
}

void sample_make(const struct sample *sample, enum language language, struct view_model *out_view)
{
    bool zh = language == LANGUAGE_ZH_CN;
    memset(out_view, 0, sizeof(*out_view));
    out_view->language = language;
    PUT(out_view->brand.name, zh ? "青禾便利" : "Qinghe");
    PUT(out_view->brand.store, zh ? "南京西路店" : "Nanjing West Road");
    out_view->brand.accent = 0x0B7A5B;
    out_view->status.enrolled = true;
    out_view->status.online = true;
    PUT(out_view->status.clock, "18:05");
    PUT(out_view->status.date, "2026-11-21");
    sample->fill(out_view, zh);
}

/* The longest a field can be, of the widest characters there are. */
static void stuff(char *field, size_t size)
{
    static const char wide[] = "满减券";
    size_t len = 0;
    for (size_t i = 0; len + 3 < size; i = (i + 1) % 3) {
        memcpy(field + len, wide + i * 3, 3);
        len += 3;
    }
    field[len] = '\0';
}
#define STUFF(field) stuff(field, sizeof(field))

static void stuff_screen(struct view_model *view)
{
    if (view->screen == SCREEN_ATTRACT) {
        STUFF(view->attract.offers[view->attract.page_index].title);
        STUFF(view->attract.offers[view->attract.page_index].text);
    } else if (view->screen == SCREEN_VERDICT) {
        STUFF(view->verdict.campaign);
    } else if (view->screen == SCREEN_MEMBER) {
        view->member.row_count = ARRAY_LEN(view->member.rows);
        for (size_t i = 0; i < ARRAY_LEN(view->member.rows); i++) {
            STUFF(view->member.rows[i].name);
        }
    } else if (view->screen == SCREEN_PRICE) {
        STUFF(view->price.name);
    } else if (view->screen == SCREEN_SERVICE) {
        for (size_t i = 0; i < VIEW_LOG_LINES; i++) {
            STUFF(view->service.log[i]);
        }
        for (size_t i = 0; i < HAL_DEVICE_COUNT; i++) {
            STUFF(view->service.devices[i].reason);
        }
        STUFF(view->service.sync_error);
    } else if (view->screen == SCREEN_COUNTER) {
        STUFF(view->counter.last_title);
    } else if (view->screen == SCREEN_POOL) {
        for (uint32_t i = 0; i < view->pool.row_count; i++) {
            STUFF(view->pool.rows[i].only);
        }
    } else if (view->screen == SCREEN_VOID_LIST || view->screen == SCREEN_VOID_REASON) {
        for (size_t i = 0; i < ARRAY_LEN(view->voids.rows); i++) {
            STUFF(view->voids.rows[i].title);
            STUFF(view->voids.rows[i].clerk);
        }
    } else if (view->screen == SCREEN_OUT_OF_SERVICE) {
        STUFF(view->outage.detail);
    }
}

void sample_stuff(struct view_model *view)
{
    STUFF(view->brand.name);
    STUFF(view->brand.store);
    STUFF(view->status.clerk);
    stuff_screen(view);
}

static void fill_box(uint8_t *pixels, struct rect box, uint8_t grey)
{
    for (int y = box.y; y < box.y + box.height; y++) {
        memset(pixels + (ptrdiff_t)y * SAMPLE_PICTURE_WIDTH + box.x, grey, (size_t)box.width);
    }
}

void sample_picture(uint8_t *pixels, struct ui_picture *out_picture)
{
    for (int y = 0; y < SAMPLE_PICTURE_HEIGHT; y++) {
        for (int x = 0; x < SAMPLE_PICTURE_WIDTH; x++) {
            pixels[(ptrdiff_t)y * SAMPLE_PICTURE_WIDTH + x] = (uint8_t)(150 - y / 6 + x / 16 + ((x * 7 + y * 13) & 7));
        }
    }
    fill_box(pixels, (struct rect){190, 20, 250, 440}, 34);
    fill_box(pixels, (struct rect){204, 60, 222, 360}, 236);
    QRcode *code = QRcode_encodeString8bit("TSC1:SAMPLE", 2, QR_ECLEVEL_M);
    int cell = 6;
    for (int i = 0; code != NULL && i < code->width * code->width; i++) {
        if ((code->data[i] & 1) != 0) {
            fill_box(pixels, (struct rect){240 + i % code->width * cell, 150 + i / code->width * cell, cell, cell}, 28);
        }
    }
    QRcode_free(code);
    *out_picture = (struct ui_picture){.grey = pixels,
                                       .width = SAMPLE_PICTURE_WIDTH,
                                       .height = SAMPLE_PICTURE_HEIGHT,
                                       .stride = SAMPLE_PICTURE_WIDTH,
                                       .has_outline = true,
                                       .outline = {{232, 142}, {398, 142}, {398, 308}, {232, 308}}};
}
