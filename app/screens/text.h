#ifndef APP_SCREENS_TEXT_H
#define APP_SCREENS_TEXT_H

/*
 * Text by Pango, fitted into a box: at its size if it fits, else smaller down to a minimum, and only what is not
 * essential is ever cut with an ellipsis. Layouts are kept in a bounded cache; when it is full the one that was not
 * used for longest goes. Fonts are loaded with the first text, not at open. Main thread.
 */

#include <cairo.h>

#include "hal/rect.h"

#include "screens/theme.h"

enum text_align { ALIGN_START, ALIGN_CENTRE, ALIGN_END };
enum text_place { PLACE_MIDDLE, PLACE_TOP, PLACE_BOTTOM };

struct text_style {
    uint32_t colour;
    uint16_t size;  /* pixels */
    uint16_t least; /* may shrink to; 0 = two thirds of size */
    uint8_t lines;  /* at most; 0 = as many as fit */
    uint8_t align;  /* enum text_align */
    uint8_t place;  /* enum text_place */
    bool bold;
    bool sentence; /* lines end where clauses do, if that costs no further line */
    bool money;    /* currency sign and decimals smaller than the figures */
    bool may_cut;  /* not essential: ends in an ellipsis rather than shrinking */
};

#define TEXT_CACHE_MAX 192

struct text_engine;

MUST_CHECK int text_open(const char *font_family, struct text_engine **out_engine);
void text_close(struct text_engine *engine);
void text_set_language(struct text_engine *engine, enum language language);
/* Loads the fonts if that has not happened; true when some font has Chinese characters. */
bool text_has_chinese(struct text_engine *engine);

struct text_fit {
    int width, height; /* of the text as it stands */
    int size;          /* that it was given */
    int lines;
    bool cut; /* it did not fit even at its least size */
};
/* How the text stands in a box of this size. */
struct text_fit text_measure(struct text_engine *engine, const struct text_style *style, const char *text, int width,
                             int height);
/* Height that lines of this size take. */
int text_block_height(int lines, int size);
/* Paints it with the context's clip. */
void text_draw(struct text_engine *engine, cairo_t *cairo, const struct text_style *style, const char *text,
               struct rect area);

#endif
