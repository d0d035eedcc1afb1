#include <assert.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "domain/money.h"
#include "screens/scene.h"

void scene_clear(struct scene *scene)
{
    scene->item_count = 0;
    scene->hit_count = 0;
    scene->pool_used = 0;
}

/* FNV-1a, a number or a byte at a time. */
static uint64_t mix(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * 0x100000001B3u;
}

static uint64_t mix_bytes(uint64_t hash, const void *data, size_t len)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < len; i++) {
        hash = mix(hash, bytes[i]);
    }
    return hash;
}

static uint64_t hash_of(const struct item *item)
{
    const struct text_style *style = &item->style;
    const int64_t seen[] = {item->kind,           item->icon,     item->area.x,   item->area.y,   item->area.width,
                            item->area.height,    item->colour,   item->box.fill, item->box.edge, item->box.fill_end,
                            item->box.radius,     style->colour,  style->size,    style->least,   style->lines,
                            style->align,         style->place,   style->bold,    style->money,   style->may_cut,
                            item->box.edge_width, style->sentence};
    uint64_t hash = 0xCBF29CE484222325u;
    for (size_t i = 0; i < ARRAY_LEN(seen); i++) {
        hash = mix(hash, (uint64_t)seen[i]);
    }
    return item->text != NULL ? mix_bytes(hash, item->text, strlen(item->text)) : hash;
}

static void push(struct scene *scene, struct item item)
{
    assert(scene->item_count < SCENE_ITEMS_MAX);
    if (item.hash == 0) {
        item.hash = hash_of(&item);
    }
    scene->items[scene->item_count++] = item;
}

/* Data texts may have been cut inside a character: what is not UTF-8 ends the text. */
static const char *keep(struct scene *scene, const char *text)
{
    const char *end;
    g_utf8_validate(text, -1, &end);
    size_t len = (size_t)(end - text);
    assert(scene->pool_used + len + 1 <= SCENE_POOL);
    char *kept = scene->pool + scene->pool_used;
    memcpy(kept, text, len);
    kept[len] = '\0';
    scene->pool_used += len + 1;
    return kept;
}

void scene_box(struct scene *scene, struct rect area, struct box_style style)
{
    if (!rect_empty(area)) {
        push(scene, (struct item){.kind = ITEM_BOX, .area = area, .bounds = area, .box = style});
    }
}

void scene_fill(struct scene *scene, struct rect area, uint32_t colour)
{
    scene_box(scene, area, (struct box_style){.fill = colour});
}

void scene_text(struct scene *scene, struct rect area, struct text_style style, const char *text)
{
    if (text[0] == '\0' || rect_empty(area)) {
        return;
    }
    /* Accents and descenders may reach a little over the block. */
    struct rect bounds = rect_inset(area, -style.size / 8, -style.size / 4);
    push(scene,
         (struct item){.kind = ITEM_TEXT, .area = area, .bounds = bounds, .style = style, .text = keep(scene, text)});
}

void scene_icon(struct scene *scene, struct rect area, enum icon icon, uint32_t colour)
{
    if (icon != ICON_NONE && !rect_empty(area)) {
        push(scene, (struct item){.kind = ITEM_ICON, .area = area, .bounds = area, .icon = icon, .colour = colour});
    }
}

void scene_qr(struct scene *scene, struct rect area, const char *text)
{
    push(scene, (struct item){.kind = ITEM_QR, .area = area, .bounds = area, .text = keep(scene, text)});
}

void scene_picture(struct scene *scene, struct rect area, uint32_t ground)
{
    struct item item = {.kind = ITEM_PICTURE, .area = area, .bounds = area, .colour = ground};
    item.hash = hash_of(&item);
    item.hash = mix(item.hash, scene->picture_no);
    if (scene->picture != NULL && scene->picture->has_outline) {
        item.hash = mix_bytes(item.hash, scene->picture->outline, sizeof(scene->picture->outline));
    }
    push(scene, item);
}

void scene_hit(struct scene *scene, struct rect area, struct ui_hit hit)
{
    assert(scene->hit_count < UI_HITS_MAX);
    hit.area = area;
    scene->hits[scene->hit_count++] = hit;
}

bool scene_pressed(const struct scene *scene, const char *name)
{
    return strcmp(scene->pressed, name) == 0;
}

int scene_text_width(const struct scene *scene, struct text_style style, const char *text)
{
    style.lines = 1;
    return text_measure(scene->engine, &style, text, 0, 0).width;
}

int scene_text_height(const struct scene *scene, struct text_style style, const char *text, int width)
{
    return text_measure(scene->engine, &style, text, width, 0).height;
}

const char *say(const struct scene *scene, const char *message)
{
    return words_find(scene->words, message);
}

const char *say_plural(const struct scene *scene, const char *one, const char *many, uint64_t n)
{
    return words_plural(scene->words, one, many, n);
}

const char *money_label(int64_t amount_minor, bool with_sign, char out[MONEY_LABEL_MAX])
{
    char figures[MONEY_TEXT_MAX];
    money_format(amount_minor, figures, sizeof(figures));
    bool below = figures[0] == '-';
    const char *sign = below ? "\xE2\x88\x92" : with_sign ? "+" : "";
    snprintf(out, MONEY_LABEL_MAX, "%s\xC2\xA5%s", sign, figures + (below ? 1 : 0));
    return out;
}
