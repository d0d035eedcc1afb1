#include <assert.h>
#include <pango/pangocairo.h>
#include <stdlib.h>
#include <string.h>

#include "screens/text.h"

/* Noto Sans CJK: an em box stands 0.88 above and 0.12 below the baseline. Lines are set tighter than the font asks. */
#define LINE_PERMILLE     1320
#define BLOCK_PERMILLE    1200 /* height of one line */
#define BASELINE_PERMILLE 980  /* from the top of the block to the first baseline */
#define UNBOUNDED         (1 << 20)
#define PHRASE_MAX        480 /* bytes of a sentence that is broken by clauses */

struct cached {
    uint64_t key;
    uint64_t used; /* 0 = free */
    PangoLayout *layout;
    struct text_fit fit;
};

struct text_engine {
    char family[64];
    enum language language;
    PangoFontMap *map; /* NULL until the first text */
    PangoContext *context;
    uint64_t clock;
    struct cached cache[TEXT_CACHE_MAX];
};

int text_open(const char *font_family, struct text_engine **out_engine)
{
    struct text_engine *engine = calloc(1, sizeof(*engine));
    if (engine == NULL) {
        return -ENOMEM;
    }
    const char *family = font_family != NULL ? font_family : THEME_FONT;
    g_strlcpy(engine->family, family, sizeof(engine->family));
    *out_engine = engine;
    return 0;
}

static void forget_all(struct text_engine *engine)
{
    for (size_t i = 0; i < TEXT_CACHE_MAX; i++) {
        g_clear_object(&engine->cache[i].layout);
        engine->cache[i].used = 0;
    }
}

void text_close(struct text_engine *engine)
{
    if (engine == NULL) {
        return;
    }
    forget_all(engine);
    g_clear_object(&engine->context);
    g_clear_object(&engine->map);
    free(engine);
}

static void apply_language(struct text_engine *engine)
{
    const char *name = engine->language == LANGUAGE_EN ? "en" : "zh-cn";
    pango_context_set_language(engine->context, pango_language_from_string(name));
}

/* A map of its own, freed with the engine: the default one lives as long as the thread. */
static void load(struct text_engine *engine)
{
    if (engine->map != NULL) {
        return;
    }
    engine->map = pango_cairo_font_map_new();
    engine->context = pango_font_map_create_context(engine->map);
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(engine->context, options);
    cairo_font_options_destroy(options);
    pango_cairo_context_set_resolution(engine->context, 96);
    apply_language(engine);
}

void text_set_language(struct text_engine *engine, enum language language)
{
    if (engine->language == language) {
        return;
    }
    engine->language = language;
    if (engine->map != NULL) {
        apply_language(engine);
        forget_all(engine);
    }
}

bool text_has_chinese(struct text_engine *engine)
{
    load(engine);
    PangoLayout *layout = pango_layout_new(engine->context);
    PangoFontDescription *font = pango_font_description_from_string(engine->family);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    pango_layout_set_text(layout, "\xE6\x89\xAB", -1);
    bool found = pango_layout_get_unknown_glyphs_count(layout) == 0;
    g_object_unref(layout);
    return found;
}

/* FNV-1a, a number or a byte at a time. */
static uint64_t mix(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * 0x100000001B3u;
}

/* Everything that shapes the layout: colour and vertical place do not. */
static uint64_t key_of(const struct text_style *style, const char *text, int width, int height)
{
    const int32_t shape[] = {style->size,  style->least,   style->lines,    style->align, style->bold,
                             style->money, style->may_cut, style->sentence, width,        height};
    uint64_t key = 0xCBF29CE484222325u;
    for (size_t i = 0; i < ARRAY_LEN(shape); i++) {
        key = mix(key, (uint64_t)shape[i]);
    }
    for (const char *at = text; *at != '\0'; at++) {
        key = mix(key, (uint8_t)*at);
    }
    return key;
}

static struct cached *slot_for(struct text_engine *engine, uint64_t key, bool *out_found)
{
    struct cached *oldest = &engine->cache[0];
    for (size_t i = 0; i < TEXT_CACHE_MAX; i++) {
        struct cached *slot = &engine->cache[i];
        if (slot->used != 0 && slot->key == key) {
            *out_found = true;
            return slot;
        }
        if (slot->used < oldest->used) {
            oldest = slot;
        }
    }
    *out_found = false;
    return oldest;
}

/* "¥68.00": the sign and the decimals are smaller, so that the eye takes the figures first. */
static void add_money_attributes(PangoAttrList *list, const char *text)
{
    const char *yen = strstr(text, "\xC2\xA5");
    const char *point = strrchr(text, '.');
    if (yen != NULL) {
        PangoAttribute *small = pango_attr_scale_new(0.62);
        small->start_index = (guint)(yen - text);
        small->end_index = small->start_index + 2;
        pango_attr_list_insert(list, small);
    }
    if (point != NULL) {
        PangoAttribute *small = pango_attr_scale_new(0.62);
        small->start_index = (guint)(point - text);
        pango_attr_list_insert(list, small);
    }
}

static PangoLayout *new_layout(struct text_engine *engine, const struct text_style *style, const char *text)
{
    PangoLayout *layout = pango_layout_new(engine->context);
    PangoAttrList *list = pango_attr_list_new();
    pango_attr_list_insert(list, pango_attr_font_features_new("tnum=1, chws=1"));
    if (style->money) {
        add_money_attributes(list, text);
    }
    pango_layout_set_attributes(layout, list);
    pango_attr_list_unref(list);
    pango_layout_set_text(layout, text, -1);
    pango_layout_set_auto_dir(layout, FALSE);
    static const PangoAlignment alignments[] = {PANGO_ALIGN_LEFT, PANGO_ALIGN_CENTER, PANGO_ALIGN_RIGHT};
    pango_layout_set_alignment(layout, alignments[style->align]);
    return layout;
}

static void set_size(struct text_engine *engine, PangoLayout *layout, const struct text_style *style, int size)
{
    PangoFontDescription *font = pango_font_description_new();
    pango_font_description_set_family(font, engine->family);
    pango_font_description_set_absolute_size(font, (double)size * PANGO_SCALE);
    pango_font_description_set_weight(font, style->bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    PangoRectangle line;
    pango_layout_line_get_extents(pango_layout_get_line_readonly(layout, 0), NULL, &line);
    if (line.height > 0) {
        double asked = (double)line.height / PANGO_SCALE;
        pango_layout_set_line_spacing(layout, (float)(size * (LINE_PERMILLE / 1000.0) / asked));
    }
}

static void set_box(PangoLayout *layout, const struct text_style *style, int width)
{
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD);
    pango_layout_set_width(layout, style->lines == 1 && !style->may_cut ? -1 : width * PANGO_SCALE);
}

int text_block_height(int lines, int size)
{
    return ((lines - 1) * size * LINE_PERMILLE + size * BLOCK_PERMILLE + 999) / 1000;
}

static struct text_fit take_measure(PangoLayout *layout, int size)
{
    PangoRectangle logical;
    pango_layout_get_pixel_extents(layout, NULL, &logical);
    struct text_fit fit = {.width = logical.width, .size = size, .lines = pango_layout_get_line_count(layout)};
    fit.height = text_block_height(fit.lines, size);
    return fit;
}

static bool fits(const struct text_style *style, const struct text_fit *fit, int width, int height)
{
    return fit->width <= width && fit->height <= height && (style->lines == 0 || fit->lines <= style->lines);
}

static void cut_to_box(PangoLayout *layout, const struct text_style *style, struct text_fit *fit, int width, int height)
{
    int lines = 1;
    while ((style->lines == 0 || lines < style->lines) && text_block_height(lines + 1, fit->size) <= height) {
        lines++;
    }
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_width(layout, width * PANGO_SCALE);
    pango_layout_set_height(layout, -lines);
    pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
    *fit = take_measure(layout, fit->size);
    fit->cut = pango_layout_is_ellipsized(layout) || fit->width > width || fit->height > height;
}

/* Two or more lines of much the same length: the narrowest box that still holds them in as many lines. */
static void balance(PangoLayout *layout, const struct text_style *style, struct text_fit *fit, int width)
{
    if (fit->lines < 2 || fit->lines > 4 || style->align != ALIGN_CENTRE) {
        return;
    }
    int low = width / 2;
    int high = width;
    while (high - low > 4) {
        int middle = (low + high) / 2;
        pango_layout_set_width(layout, middle * PANGO_SCALE);
        PangoRectangle logical;
        pango_layout_get_pixel_extents(layout, NULL, &logical);
        if (pango_layout_get_line_count(layout) > fit->lines || logical.width > middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    pango_layout_set_width(layout, high * PANGO_SCALE);
    *fit = take_measure(layout, fit->size);
}

/* Where a clause ends: after a comma, semicolon or colon. Returns the place to break at; 0 = none from here on. */
static size_t clause_end(const char *text, size_t from)
{
    static const char *const marks[] = {"\xEF\xBC\x8C", "\xEF\xBC\x9B", "\xEF\xBC\x9A", "; ", ": ", ", "};
    size_t best = 0;
    for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
        const char *found = strstr(text + from, marks[i]);
        size_t at = found != NULL ? (size_t)(found - text) + strlen(marks[i]) : 0;
        if (at != 0 && (best == 0 || at < best)) {
            best = at;
        }
    }
    return text[best] != '\0' ? best : 0;
}

/* The text with a new line after the clause that ends at `at`, or after every clause when at is 0. */
static struct text_fit measure_broken(PangoLayout *layout, const char *text, size_t at, int size)
{
    char broken[PHRASE_MAX * 2];
    size_t len = 0;
    size_t from = 0;
    for (size_t end = clause_end(text, 0); end != 0; end = clause_end(text, end)) {
        if (at == 0 || end == at) {
            memcpy(broken + len, text + from, end - from);
            len += end - from;
            broken[len++] = '\n';
            from = end;
        }
    }
    memcpy(broken + len, text + from, strlen(text + from) + 1);
    pango_layout_set_text(layout, broken, -1);
    return take_measure(layout, size);
}

/* A sentence on two or three lines reads best when lines end where clauses do: after every clause if there is room for
 * it, else after the one that makes the longest line shortest. False when each such break needs a further line. */
static bool break_at_clause(PangoLayout *layout, const struct text_style *style, const char *text, struct text_fit *fit,
                            int width)
{
    if (!style->sentence || fit->lines < 2 || fit->lines > 3 || strlen(text) > PHRASE_MAX) {
        return false;
    }
    struct text_fit tried = measure_broken(layout, text, 0, fit->size);
    if (tried.lines <= fit->lines && clause_end(text, 0) != 0) {
        *fit = tried;
        return true;
    }
    size_t best = 0;
    int shortest = width + 1;
    for (size_t at = clause_end(text, 0); at != 0; at = clause_end(text, at)) {
        tried = measure_broken(layout, text, at, fit->size);
        if (tried.lines <= fit->lines && tried.width < shortest) {
            shortest = tried.width;
            best = at;
        }
    }
    if (best == 0) {
        pango_layout_set_text(layout, text, -1);
        return false;
    }
    *fit = measure_broken(layout, text, best, fit->size);
    return true;
}

/* A sentence just too long for such a break is set a little smaller. */
static bool shrink_to_clause(struct text_engine *engine, PangoLayout *layout, const struct text_style *style,
                             const char *text, struct text_fit *fit, int width)
{
    struct text_fit tried = *fit;
    int least = style->size * 4 / 5;
    if (!style->sentence || fit->lines < 2 || fit->lines > 3 || clause_end(text, 0) == 0 || style->least > least) {
        return false;
    }
    for (tried.size = fit->size * 15 / 16; tried.size >= least; tried.size = tried.size * 15 / 16) {
        set_size(engine, layout, style, tried.size);
        if (break_at_clause(layout, style, text, &tried, width)) {
            *fit = tried;
            return true;
        }
    }
    set_size(engine, layout, style, fit->size);
    return false;
}

static struct text_fit fit_into(struct text_engine *engine, PangoLayout *layout, const struct text_style *style,
                                const char *text, int width, int height)
{
    int least = style->least != 0 ? style->least : style->size * 2 / 3;
    struct text_fit fit = {.size = style->size};
    while (true) {
        set_size(engine, layout, style, fit.size);
        set_box(layout, style, width);
        fit = take_measure(layout, fit.size);
        if (fits(style, &fit, width, height)) {
            if (!break_at_clause(layout, style, text, &fit, width) &&
                !shrink_to_clause(engine, layout, style, text, &fit, width)) {
                balance(layout, style, &fit, width);
            }
            return fit;
        }
        int next = fit.size * 15 / 16;
        if (style->may_cut || next < least) {
            cut_to_box(layout, style, &fit, width, height);
            return fit;
        }
        fit.size = next;
    }
}

static struct cached *fitted(struct text_engine *engine, const struct text_style *style, const char *text, int width,
                             int height)
{
    load(engine);
    bool found;
    uint64_t key = key_of(style, text, width, height);
    struct cached *slot = slot_for(engine, key, &found);
    slot->used = ++engine->clock;
    if (found) {
        return slot;
    }
    g_clear_object(&slot->layout);
    slot->key = key;
    slot->layout = new_layout(engine, style, text);
    slot->fit = fit_into(engine, slot->layout, style, text, width, height);
    return slot;
}

struct text_fit text_measure(struct text_engine *engine, const struct text_style *style, const char *text, int width,
                             int height)
{
    int w = width > 0 ? width : UNBOUNDED;
    int h = height > 0 ? height : UNBOUNDED;
    return fitted(engine, style, text, w, h)->fit;
}

static double start_x(const struct text_style *style, const struct cached *slot, struct rect area)
{
    int given = pango_layout_get_width(slot->layout);
    double width = given < 0 ? slot->fit.width : given / (double)PANGO_SCALE;
    switch ((enum text_align)style->align) {
    case ALIGN_START:
        return area.x;
    case ALIGN_CENTRE:
        return area.x + (area.width - width) / 2;
    case ALIGN_END:
        return area.x + area.width - width;
    }
    return area.x;
}

static double start_y(const struct text_style *style, const struct text_fit *fit, struct rect area)
{
    switch ((enum text_place)style->place) {
    case PLACE_TOP:
        return area.y;
    case PLACE_MIDDLE:
        return area.y + (area.height - fit->height) / 2.0;
    case PLACE_BOTTOM:
        return area.y + area.height - fit->height;
    }
    return area.y;
}

void text_draw(struct text_engine *engine, cairo_t *cairo, const struct text_style *style, const char *text,
               struct rect area)
{
    if (text[0] == '\0' || area.width <= 0 || area.height <= 0) {
        return;
    }
    struct cached *slot = fitted(engine, style, text, area.width, area.height);
    double first = slot->fit.size * (BASELINE_PERMILLE / 1000.0);
    double baseline = pango_layout_get_baseline(slot->layout) / (double)PANGO_SCALE;
    uint32_t colour = style->colour;
    cairo_set_source_rgba(cairo, ((colour >> 16) & 0xFF) / 255.0, ((colour >> 8) & 0xFF) / 255.0,
                          (colour & 0xFF) / 255.0, (colour >> 24) / 255.0);
    /* Whole pixels, so that the same text looks the same wherever it stands. */
    cairo_move_to(cairo, (int)(start_x(style, slot, area) + 0.5),
                  (int)(start_y(style, &slot->fit, area) + first + 0.5) - baseline);
    pango_cairo_show_layout(cairo, slot->layout);
}
